import type { CarriedAnswer, FrameMessage, PageMessage } from '@/lib/preview/messages';

interface Settle {
  resolve(answer: CarriedAnswer): void;
  reject(cause: Error): void;
}

type Ask = Extract<FrameMessage, { type: 'ask' }>;
export type Asked = Omit<Ask, 'type' | 'id'>;

/** One end of the messages between a page of the guest, its frame and the site: questions, and the answers to them. */
export class Talk {
  private readonly open = new Map<number, Settle>();
  private nextId: number;

  /** @param idBase so that the questions of two ends are not confused */
  constructor(
    private readonly post: (message: FrameMessage) => void,
    private readonly idBase: 0 | 1,
  ) {
    this.nextId = idBase;
  }

  tell(message: FrameMessage): void {
    this.post(message);
  }

  /** @throws Error with the reason for which nothing came */
  ask(asked: Asked): Promise<CarriedAnswer> {
    const id = this.nextId;
    this.nextId += 2;
    return new Promise((resolve, reject) => {
      this.open.set(id, { resolve, reject });
      this.post({ type: 'ask', id, ...asked });
    });
  }

  /** @returns whether the answer was for this end */
  take(message: Extract<PageMessage, { type: 'answer' }>): boolean {
    if (message.id % 2 !== this.idBase) return false;
    const settle = this.open.get(message.id);
    this.open.delete(message.id);
    if (message.answer.type === 'answered') settle?.resolve(message.answer);
    else settle?.reject(new Error(message.answer.why));
    return true;
  }
}
