/** Matches every host: FamilyWild of X11/Xauth.h. */
const ANY_HOST = 0xffff;

const PROTOCOL = 'MIT-MAGIC-COOKIE-1';

/**
 * A file that both an X server and its clients read, with one key for every host and display: the number of the display
 * is not known when the key is made.
 *
 * Each part comes after its length in two bytes, the higher one first (libXau, AuWrite.c).
 *
 * @param key 16 bytes
 */
export function xauthorityEntry(key: Buffer): Buffer {
  const family = Buffer.alloc(2);
  family.writeUInt16BE(ANY_HOST);
  return Buffer.concat([family, ...['', '', PROTOCOL, key].map(counted)]);
}

function counted(part: string | Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(part.length);
  return Buffer.concat([length, Buffer.from(part as string)]);
}
