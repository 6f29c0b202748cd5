// Edits of one image: 28 x 28 numbers from 0 (black) to 1 (white), row by row. Each gives back a new image.

export const SIDE = 28;
const MIDDLE = (SIDE - 1) / 2;

// The pixels of uint8 images as a model takes them, the same float32 numbers as Python's `split.inputs`.
export function inputs(bytes) {
  return Float32Array.from(bytes, (value) => value / 255);
}

// A new image whose pixel (x, y) is `at(x, y)`, kept within 0 and 1.
function drawn(at) {
  const image = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) image[y * SIDE + x] = Math.min(1, Math.max(0, at(x, y)));
  }
  return image;
}

const within = (x, y) => x >= 0 && y >= 0 && x < SIDE && y < SIDE;
const pixel = (image, x, y) => (within(x, y) ? image[y * SIDE + x] : 0);

// Moved by whole pixels; what comes in from outside is black.
export function shift(image, right, down) {
  return drawn((x, y) => pixel(image, x - right, y - down));
}

// Turned clockwise about the middle; each new pixel is mixed from the four old ones that it falls between.
export function rotate(image, degrees) {
  if (degrees % 360 === 0) return image.slice();
  const turn = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return drawn((x, y) => {
    const [right, down] = [x - MIDDLE, y - MIDDLE];
    const [fromX, fromY] = [MIDDLE + cos * right + sin * down, MIDDLE - sin * right + cos * down];
    const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
    const [a, b] = [fromX - left, fromY - top];
    const upper = (1 - a) * pixel(image, left, top) + a * pixel(image, left + 1, top);
    const lower = (1 - a) * pixel(image, left, top + 1) + a * pixel(image, left + 1, top + 1);
    return (1 - b) * upper + b * lower;
  });
}

// Blurred by a bell curve of this many pixels (its standard deviation), first along rows, then along columns.
export function blur(image, pixels) {
  if (pixels === 0) return image.slice();
  const reach = Math.ceil(3 * pixels);
  const steps = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const heights = steps.map((step) => Math.exp(-(step * step) / (2 * pixels * pixels)));
  const total = heights.reduce((sum, height) => sum + height, 0);
  const mix = (at) => steps.reduce((sum, step, i) => sum + (heights[i] / total) * at(step), 0);
  const rows = drawn((x, y) => mix((step) => pixel(image, x + step, y)));
  return drawn((x, y) => mix((step) => pixel(rows, x, y + step)));
}

// A disc of one shade, 0 to erase and 1 to paint, its middle at (x, y) and `size` pixels wide.
export function dab(image, x, y, size, shade) {
  return drawn((column, row) => {
    const near = Math.hypot(column - x, row - y) <= size / 2;
    return near ? shade : image[row * SIDE + column];
  });
}

// Discs so close that they make a line from (x0, y0) to (x1, y1).
export function stroke(image, [x0, y0], [x1, y1], size, shade) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(x1 - x0, y1 - y0)));
  let painted = image;
  for (let i = 1; i <= steps; i++) {
    painted = dab(painted, x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps, size, shade);
  }
  return painted;
}
