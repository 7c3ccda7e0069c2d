/* Gauss-Krüger coordinates in the local 3° zone on the CGCS2000 ellipsoid,
   by Krüger's series to the fourth power of the third flattening (well under 1 mm). */

const A = 6378137, F = 1 / 298.257222101;
const N = F / (2 - F);
const RADIUS = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const ALPHA = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
];
const E = Math.sqrt(F * (2 - F));

export function gauss(lng, lat, zone = Math.round(lng / 3)) {
  const phi = (lat * Math.PI) / 180, lambda = ((lng - zone * 3) * Math.PI) / 180;
  const t = Math.sinh(Math.atanh(Math.sin(phi)) - E * Math.atanh(E * Math.sin(phi)));
  const xi = Math.atan2(t, Math.cos(lambda)), eta = Math.atanh(Math.sin(lambda) / Math.hypot(1, t));
  let north = xi, east = eta;
  ALPHA.forEach((alpha, i) => {
    const m = 2 * (i + 1);
    north += alpha * Math.sin(m * xi) * Math.cosh(m * eta);
    east += alpha * Math.cos(m * xi) * Math.sinh(m * eta);
  });
  return { zone, meridian: zone * 3, north: RADIUS * north, east: RADIUS * east + 500000 + zone * 1e6 };
}

/* The place of an easting (with or without the zone's number) and a northing in a zone:
   by steps of what is still missing, each a thousand times smaller than the last. */
export function ungauss(north, east, zone) {
  const plain = east >= 1e6 ? east - zone * 1e6 : east;
  let lat = north / 111000, lng = zone * 3 + (plain - 500000) / (111000 * Math.cos((lat * Math.PI) / 180));
  for (let i = 0; i < 12; i += 1) {
    const found = gauss(lng, lat, zone);
    const dn = north - found.north, de = plain - (found.east - zone * 1e6);
    lat += dn / 111000;
    lng += de / (111320 * Math.cos((lat * Math.PI) / 180));
    if (Math.hypot(dn, de) < 1e-6) break;
  }
  return { lng, lat };
}
