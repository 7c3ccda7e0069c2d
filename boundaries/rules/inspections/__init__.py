"""Rules of inspections (domain C7; 行政区域界线管理条例)."""
