import { assertNever } from '../../base/assert-never';
import { attributesOf, emptyFileSystem, entriesFrom, rootAttributes } from './attributes';
import { type Fid, Fids, type SavedFids } from './fids';
import type { ShareFile } from './manifest';
import { type Request, type Response, errno, headerBytes, protocolVersion, qidType } from './messages';
import { type Soon, whenThere } from './promptly';
import { Refusal } from './refusal';
import { type ShareNode, type ShareTree, rootQid } from './tree';

/** What there is to serve. Both reject with whatever kept it from arriving. */
export interface ShareContent {
  tree(): Soon<ShareTree>;
  read(file: ShareFile): Soon<Uint8Array>;
}

/** 125 pages, which is what Linux's driver can put into one request (net/9p/trans_virtio.c, `maxsize`). */
export const messageLimit = 512_000;
const messageMinimum = 4096;
/** Rread and Rreaddir: header, then 32 bits of length. */
const dataHeaderBytes = headerBytes + 4;

/** O_ACCMODE, O_TRUNC, O_DIRECTORY as 9P2000.L has them. */
const openFlags = { access: 0o3, truncate: 0o1000, directory: 0o200000 };
/**
 * A read-only 9P2000.L file system. Whatever needs no file's content and no list of files is answered at once; that is
 * all that mounting takes. So a share costs nothing until somebody looks into it.
 */
export class ShareServer {
  /** A new table for each session: what is still to be answered from an earlier one does not meddle with this one. */
  private fids = new Fids();
  private messageBytes = messageLimit;

  constructor(private readonly content: ShareContent) {}

  /** Never throws and never rejects: what goes wrong is an answer too. */
  answer(request: Request): Soon<Response> {
    try {
      const response = this.respond(request);
      return response instanceof Promise ? response.catch(errorResponse) : response;
    } catch (thrown) {
      return errorResponse(thrown);
    }
  }

  /** The guest's driver has started anew. */
  reset(): void {
    this.fids = new Fids();
    this.messageBytes = messageLimit;
  }

  save(): [messageBytes: number, fids: SavedFids] {
    return [this.messageBytes, this.fids.save()];
  }

  /** Throws when these are not what `save` has given. */
  restore(messageBytes: unknown, fids: unknown): void {
    if (typeof messageBytes !== 'number' || !(messageBytes >= messageMinimum && messageBytes <= messageLimit))
      throw new Error('the share has messages of no possible size');
    this.fids = Fids.restore(fids);
    this.messageBytes = messageBytes;
  }

  /** Path of a file that the guest has open and that is not what it was when the guest opened it. */
  async changedFile(): Promise<string | undefined> {
    const opened = this.fids.opened().filter((fid) => !isRoot(fid));
    if (opened.length === 0) return undefined;
    const tree = await this.content.tree();
    return opened.find((fid) => !find(tree, fid))?.path;
  }

  private respond(request: Request): Soon<Response> {
    switch (request.type) {
      case 'version':
        return this.version(request.msize, request.version);
      case 'attach':
        this.fids.set(request.fid, { path: '', qid: rootQid }, { replace: false });
        return { type: 'attach', qid: rootQid };
      case 'walk':
        return this.walk(request);
      case 'getattr':
        return this.attributes(this.fids.get(request.fid));
      case 'open':
        return this.open(this.fids.get(request.fid), request.flags);
      case 'read':
        return this.read(this.fids.get(request.fid), request.offset, request.count);
      case 'readdir':
        return this.list(this.fids.get(request.fid), request.offset, request.count);
      case 'readlink':
        return whenThere(this.nodeOf(this.fids.get(request.fid)), (node) => {
          if (node.type !== 'symlink') throw new Refusal(errno.EINVAL);
          return { type: 'readlink', target: node.target };
        });
      case 'statfs':
        this.fids.get(request.fid);
        return emptyFileSystem;
      case 'clunk':
        this.fids.remove(request.fid);
        return { type: 'clunk' };
      case 'remove':
        // The fid is gone even where the file may not be.
        this.fids.remove(request.fid);
        throw new Refusal(errno.EROFS);
      case 'flush':
        // Whoever holds what is still to be answered has dropped it.
        return { type: 'flush' };
      case 'change':
        throw new Refusal(errno.EROFS);
      case 'unknown':
        throw new Refusal(errno.EOPNOTSUPP);
      default:
        return assertNever(request);
    }
  }

  private version(msize: number, version: string): Response {
    this.fids = new Fids();
    if (msize < messageMinimum) throw new Refusal(errno.EINVAL);
    this.messageBytes = Math.min(msize, messageLimit);
    const known = version === protocolVersion;
    return { type: 'version', msize: this.messageBytes, version: known ? protocolVersion : 'unknown' };
  }

  private walk({ fid, newFid, names }: Extract<Request, { type: 'walk' }>): Soon<Response> {
    const { fids } = this;
    const from = fids.get(fid);
    const options = { replace: newFid === fid };
    if (names.length === 0) {
      fids.set(newFid, from, options);
      return { type: 'walk', qids: [] };
    }
    return whenThere(this.content.tree(), (tree) => {
      const passed: ShareNode[] = [];
      let at: ShareNode = current(tree, from);
      for (const name of names) {
        if (at.type !== 'directory') {
          if (passed.length === 0) throw new Refusal(errno.ENOTDIR);
          break;
        }
        const next: ShareNode | undefined = name === '..' ? tree.parent(at) : at.children.get(name);
        if (!next) {
          if (passed.length === 0) throw new Refusal(errno.ENOENT);
          break;
        }
        passed.push(next);
        at = next;
      }
      // Short of its end a walk gives what it has passed, and no fid.
      if (passed.length === names.length) {
        fids.set(newFid, at, options);
      }
      return { type: 'walk', qids: passed.map((node) => node.qid) };
    });
  }

  private attributes(fid: Fid): Soon<Response> {
    return isRoot(fid) ? rootAttributes : whenThere(this.nodeOf(fid), attributesOf);
  }

  private open(fid: Fid, flags: number): Response {
    if ((flags & (openFlags.access | openFlags.truncate)) !== 0) throw new Refusal(errno.EROFS);
    if (fid.qid.type === qidType.symlink) throw new Refusal(errno.EINVAL);
    if ((flags & openFlags.directory) !== 0 && fid.qid.type !== qidType.directory) {
      throw new Refusal(errno.ENOTDIR);
    }
    this.fids.open(fid);
    return { type: 'open', qid: fid.qid, ioUnit: 0 };
  }

  private read(fid: Fid, offset: bigint, count: number): Soon<Response> {
    if (!fid.isOpen) throw new Refusal(errno.EBADF);
    return whenThere(this.nodeOf(fid), (node) => {
      if (node.type !== 'file') throw new Refusal(errno.EISDIR);
      return whenThere(this.content.read(node.file), (content) => {
        const start = Number(offset < content.length ? offset : content.length);
        const length = Math.min(count, this.messageBytes - dataHeaderBytes);
        return { type: 'read', data: content.subarray(start, start + length) };
      });
    });
  }

  private list(fid: Fid, offset: bigint, count: number): Soon<Response> {
    if (!fid.isOpen) throw new Refusal(errno.EBADF);
    return whenThere(this.content.tree(), (tree) => {
      const node = current(tree, fid);
      if (node.type !== 'directory') throw new Refusal(errno.ENOTDIR);
      const limit = Math.min(count, this.messageBytes - dataHeaderBytes);
      return { type: 'readdir', entries: entriesFrom(tree, node, offset, limit) };
    });
  }

  private nodeOf(fid: Fid): Soon<ShareNode> {
    return whenThere(this.content.tree(), (tree) => current(tree, fid));
  }
}

/** A restored guest may hold on to files that this site no longer has, or has with another content. */
function current(tree: ShareTree, fid: Fid): ShareNode {
  const node = find(tree, fid);
  if (!node) throw new Refusal(errno.ESTALE);
  return node;
}

function find(tree: ShareTree, { path, qid }: Fid): ShareNode | undefined {
  const node = tree.find(path);
  return node?.qid.type === qid.type && node.qid.path === qid.path ? node : undefined;
}

function isRoot(fid: Fid): boolean {
  return fid.path === '' && fid.qid.path === rootQid.path;
}

function errorResponse(thrown: unknown): Response {
  return { type: 'error', errno: thrown instanceof Refusal ? thrown.errno : errno.EIO };
}
