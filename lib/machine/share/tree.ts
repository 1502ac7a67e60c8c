import { type Qid, qidType } from './messages';
import type { ShareEntry, ShareFile } from './manifest';

export type ShareNode = DirectoryNode | FileNode | SymlinkNode;
interface Named {
  /** From the share's root, without a leading slash; the root's is ''. */
  path: string;
  qid: Qid;
}
export interface DirectoryNode extends Named {
  type: 'directory';
  children: Map<string, ShareNode>;
}
export interface FileNode extends Named {
  type: 'file';
  file: ShareFile;
}
export interface SymlinkNode extends Named {
  type: 'symlink';
  target: string;
}

/** To Linux, version 0 means a file that must not be kept in memory (fs/9p/fid.h, `v9fs_fid_add_modes`). */
export const qidVersion = 1;

/** Known before the manifest is: mounting a share fetches nothing. */
export const rootQid: Qid = directoryQid('');

/** Folders and files of a share, by path. Throws when one entry is in the way of another. */
export class ShareTree {
  readonly root: DirectoryNode = directory('');
  private readonly nodes = new Map<string, ShareNode>([['', this.root]]);

  constructor(entries: readonly ShareEntry[]) {
    for (const entry of [...entries].sort((one, other) => (one.path < other.path ? -1 : 1))) {
      this.add(nodeOf(entry));
    }
  }

  find(path: string): ShareNode | undefined {
    return this.nodes.get(path);
  }

  parent(node: ShareNode): DirectoryNode {
    const found = this.nodes.get(parentPath(node.path));
    return found?.type === 'directory' ? found : this.root;
  }

  private add(node: ShareNode): void {
    if (this.nodes.has(node.path)) throw new Error(`${node.path} is given twice`);
    this.folder(parentPath(node.path)).children.set(nameOf(node.path), node);
    this.nodes.set(node.path, node);
  }

  private folder(path: string): DirectoryNode {
    const there = this.nodes.get(path);
    if (there?.type === 'directory') return there;
    if (there) throw new Error(`${path} is a ${there.type} and has files below it`);
    const made = directory(path);
    this.add(made);
    return made;
  }
}

/**
 * What a qid is made of is all that matters about its node, so that a machine restored from a snapshot still means the
 * same file by it, or learns that the file is no longer what it was.
 */
function nodeOf(entry: ShareEntry): FileNode | SymlinkNode {
  const { path } = entry;
  if (entry.type === 'file') {
    return { type: 'file', path, file: entry, qid: qidOf('file', path, `${entry.sha256} ${entry.mode}`) };
  }
  return { type: 'symlink', path, target: entry.target, qid: qidOf('symlink', path, entry.target) };
}

function directory(path: string): DirectoryNode {
  return { type: 'directory', path, children: new Map(), qid: directoryQid(path) };
}

function directoryQid(path: string): Qid {
  return qidOf('directory', path, '');
}

function qidOf(type: keyof typeof qidType, path: string, content: string): Qid {
  return { type: qidType[type], version: qidVersion, path: fnv1a64(`${type}\0${path}\0${content}`) };
}

/** FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}

function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
