"""Streets as a graph: who reaches what in how many minutes.

Plane metres and seconds; networks, places on edges and arrays come in, arrays and
geometries go out. Nothing here knows a province, a facility's type or a page.
Costs are float64 and answers do not depend on the number of threads.
"""
