import { assertNever } from '../../base/assert-never';
import { Writer } from './codec';
import { type Qid, type Response, directoryEntry } from './messages';
import { type DirectoryNode, type ShareNode, type ShareTree, rootQid } from './tree';

const pageBytes = 4096;
/** P9_GETATTR_BASIC: everything that Linux's stat(2) shows. */
const basicAttributes = 0x7ffn;
/** V9FS_MAGIC */
const fileSystemType = 0x01021997;
/** DT_DIR, DT_REG, DT_LNK */
const directoryTypes = { directory: 4, file: 8, symlink: 10 };
/** Two builds of the same files are the same, so no file has a time. */
const epoch = { seconds: 0n, nanoseconds: 0n };

/** Data of Rreaddir: as many entries from `offset` on as `limit` bytes hold. */
export function entriesFrom(tree: ShareTree, node: DirectoryNode, offset: bigint, limit: number): Uint8Array {
  const all: [string, ShareNode][] = [['.', node], ['..', tree.parent(node)], ...node.children];
  let written: Uint8Array = new Uint8Array(0);
  const to = new Writer();
  for (let index = offset < all.length ? Number(offset) : all.length; index < all.length; index += 1) {
    const [name, child] = all[index] ?? ['.', node];
    directoryEntry.write(to, {
      qid: child.qid,
      offset: BigInt(index + 1),
      type: directoryTypes[child.type],
      name,
    });
    const longer = to.end();
    if (longer.length > limit) break;
    written = longer;
  }
  return written;
}

/** Rgetattr. The modes begin with S_IFDIR, S_IFREG and S_IFLNK. */
export function attributesOf(node: ShareNode): Response {
  switch (node.type) {
    case 'directory':
      return attributes(node.qid, 0o040755, 0);
    case 'file':
      return attributes(node.qid, 0o100000 | node.file.mode, node.file.bytes);
    case 'symlink':
      return attributes(node.qid, 0o120777, new TextEncoder().encode(node.target).length);
    default:
      return assertNever(node);
  }
}

export const rootAttributes = attributes(rootQid, 0o040755, 0);

function attributes(qid: Qid, mode: number, size: number): Response {
  return {
    type: 'getattr',
    valid: basicAttributes,
    qid,
    mode,
    uid: 0,
    gid: 0,
    links: 1n,
    device: 0n,
    size: BigInt(size),
    blockSize: BigInt(pageBytes),
    blocks: BigInt(Math.ceil(size / 512)),
    accessed: epoch,
    modified: epoch,
    changed: epoch,
    born: epoch,
    generation: 0n,
    dataVersion: 0n,
  };
}

/** Nothing to fill and nothing to count, so that `df` leaves it out and need not fetch the list of files. */
export const emptyFileSystem: Response = {
  type: 'statfs',
  fileSystem: fileSystemType,
  blockSize: pageBytes,
  blocks: 0n,
  free: 0n,
  available: 0n,
  files: 0n,
  freeFiles: 0n,
  id: 0n,
  nameLength: 255,
};
