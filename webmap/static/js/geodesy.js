/* Lengths and areas on the CGCS2000 ellipsoid. Lengths are geodesics (Vincenty's inverse);
   an edge of an area is straight in longitude and latitude, as everywhere in quhua. */

const A = 6378137, F = 1 / 298.257222101, B = A * (1 - F);
const E2 = F * (2 - F), E = Math.sqrt(E2);
const rad = (degrees) => (degrees * Math.PI) / 180;

export function distance([lon1, lat1], [lon2, lat2]) {
  const U1 = Math.atan((1 - F) * Math.tan(rad(lat1))), U2 = Math.atan((1 - F) * Math.tan(rad(lat2)));
  const L = rad(lon2 - lon1);
  const [s1, c1, s2, c2] = [Math.sin(U1), Math.cos(U1), Math.sin(U2), Math.cos(U2)];
  let lambda = L, sigma = 0, sinSigma = 0, cosSigma = 1, cos2Alpha = 1, cos2M = 0;
  for (let turn = 0; turn < 100; turn += 1) {
    const sinL = Math.sin(lambda), cosL = Math.cos(lambda);
    sinSigma = Math.hypot(c2 * sinL, c1 * s2 - s1 * c2 * cosL);
    if (sinSigma === 0) return 0;
    cosSigma = s1 * s2 + c1 * c2 * cosL;
    sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (c1 * c2 * sinL) / sinSigma;
    cos2Alpha = 1 - sinAlpha ** 2;
    cos2M = cos2Alpha ? cosSigma - (2 * s1 * s2) / cos2Alpha : 0;
    const C = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const before = lambda;
    lambda = L + (1 - C) * F * sinAlpha * (sigma + C * sinSigma * (cos2M + C * cosSigma * (2 * cos2M ** 2 - 1)));
    if (Math.abs(lambda - before) < 1e-13) break;
  }
  const u2 = (cos2Alpha * (A * A - B * B)) / (B * B);
  const P = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
  const Q = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
  const delta = Q * sinSigma * (cos2M + (Q / 4) * (cosSigma * (2 * cos2M ** 2 - 1) - (Q / 6) * cos2M * (4 * sinSigma ** 2 - 3) * (4 * cos2M ** 2 - 3)));
  return B * P * (sigma - delta);
}

export const length = (points) => points.slice(1).reduce((sum, point, index) => sum + distance(points[index], point), 0);

/* The area between the equator and a latitude, for a width of one radian. */
function strip(lat) {
  const s = Math.sin(lat);
  return ((B * B) / 2) * (s / (1 - E2 * s * s) + Math.atanh(E * s) / E);
}

const GAUSS = [[-0.9061798459386640, 0.2369268850561891], [-0.5384693101056831, 0.4786286704993665], [0, 0.5688888888888889], [0.5384693101056831, 0.4786286704993665], [0.9061798459386640, 0.2369268850561891]];

/* The area of a ring of [lon, lat], in square metres. */
export function area(ring) {
  let sum = 0;
  ring.forEach(([lon1, lat1], index) => {
    const [lon2, lat2] = ring[(index + 1) % ring.length];
    const middle = rad(lat1 + lat2) / 2, half = rad(lat2 - lat1) / 2;
    const mean = GAUSS.reduce((total, [at, weight]) => total + weight * strip(middle + half * at), 0) / 2;
    sum += rad(lon2 - lon1) * mean;
  });
  return Math.abs(sum);
}
