// The view from a seat, as the agency delivered it. It keeps every picture that it has drawn, and a season has 400,000 seats.
// The agency knows. Until its next version comes, somebody has to end the process before the machine does.

const side = 512;
const headerBytes = 54;
const drawn = new Map<string, Buffer>();

/** A bitmap of 1 MB. */
export function pictureOf(event: string, seat: string): Buffer {
  const key = `${event}/${seat}`;
  const picture = drawn.get(key) ?? draw(key);
  drawn.set(key, picture);
  return picture;
}

function draw(key: string): Buffer {
  const picture = Buffer.alloc(headerBytes + side * side * 4);
  picture.write('BM');
  picture.writeUInt32LE(picture.length, 2);
  picture.writeUInt32LE(headerBytes, 10);
  picture.writeUInt32LE(40, 14);
  picture.writeInt32LE(side, 18);
  picture.writeInt32LE(side, 22);
  picture.writeUInt16LE(1, 26);
  picture.writeUInt16LE(32, 28);
  let shade = 0;
  for (const letter of key) shade = (shade * 31 + (letter.codePointAt(0) ?? 0)) % 200;
  for (let row = 0; row < side; row++)
    picture.fill(shade + (row >> 4), headerBytes + row * side * 4, headerBytes + (row + 1) * side * 4);
  return picture;
}
