/* The only name Folium's shell calls: it hands its map over and knows nothing else. */
"use strict";
window.quhua = {
  map: null,
  attach(map) { this.map = map; },
};
