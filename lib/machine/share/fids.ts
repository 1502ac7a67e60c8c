import { z } from 'zod';
import { type Qid, errno } from './messages';
import { Refusal } from './refusal';
import { qidVersion } from './tree';

/** What a guest's number for a file means. The path finds the file, the qid tells whether it is still the same. */
export interface Fid {
  path: string;
  qid: Qid;
  isOpen: boolean;
}

/** Linux holds a fid for each name that it remembers, and forgets names when memory is short. */
const fidLimit = 16_384;
const openLimit = 1024;

/** As it stands in a snapshot: number, path, type and path of the qid, whether it is open. */
const savedFidsSchema = z
  .array(
    z.tuple([
      z.number().int().min(0).max(0xffffffff),
      z.string().max(1024),
      z.number().int().min(0).max(255),
      z.string().regex(/^[0-9a-f]{1,16}$/),
      z.boolean(),
    ]),
  )
  .max(fidLimit);
export type SavedFids = z.infer<typeof savedFidsSchema>;

/** The fids of one session. */
export class Fids {
  private readonly fids = new Map<number, Fid>();
  private openCount = 0;

  get(number: number): Fid {
    const fid = this.fids.get(number);
    if (!fid) throw new Refusal(errno.EBADF);
    return fid;
  }

  /** `number` may be in use only where it is replaced by what it led to. */
  set(number: number, { path, qid }: Pick<Fid, 'path' | 'qid'>, options: { replace: boolean }): void {
    const there = this.fids.get(number);
    if (there && (!options.replace || there.isOpen)) throw new Refusal(errno.EBADF);
    if (!there && this.fids.size >= fidLimit) throw new Refusal(errno.ENFILE);
    this.fids.set(number, { path, qid, isOpen: false });
  }

  open(fid: Fid): void {
    if (fid.isOpen) throw new Refusal(errno.EBADF);
    if (this.openCount >= openLimit) throw new Refusal(errno.EMFILE);
    fid.isOpen = true;
    this.openCount += 1;
  }

  remove(number: number): void {
    if (this.get(number).isOpen) this.openCount -= 1;
    this.fids.delete(number);
  }

  opened(): Fid[] {
    return [...this.fids.values()].filter((fid) => fid.isOpen);
  }

  save(): SavedFids {
    return [...this.fids].map(([number, { path, qid, isOpen }]) => [
      number,
      path,
      qid.type,
      qid.path.toString(16),
      isOpen,
    ]);
  }

  /** Throws when `saved` is not what `save` has given. */
  static restore(saved: unknown): Fids {
    const restored = new Fids();
    for (const [number, path, type, qidPath, isOpen] of savedFidsSchema.parse(saved)) {
      restored.fids.set(number, {
        path,
        qid: { type, version: qidVersion, path: BigInt(`0x${qidPath}`) },
        isOpen,
      });
      if (isOpen) restored.openCount += 1;
    }
    return restored;
  }
}
