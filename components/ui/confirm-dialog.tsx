'use client';

import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { Button } from './button';

export interface Question {
  title: string;
  text: string;
  /** What the button that goes on says: the deed, not "OK". */
  proceed: string;
}

/** `ask` shows the question and resolves with the answer; `dialog` belongs into the component's output. */
export function useConfirm() {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [asked, setAsked] = useState<{ question: Question; answer: (yes: boolean) => void }>();

  const ask = useCallback(
    (question: Question) => new Promise<boolean>((answer) => setAsked({ question, answer })),
    [],
  );

  useEffect(() => {
    if (asked) element.current?.showModal();
  }, [asked]);

  const close = (yes: boolean) => {
    element.current?.close();
    asked?.answer(yes);
    setAsked(undefined);
  };

  const dialog = (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        close(false);
      }}
      className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-md border border-line bg-surface p-5 text-ink backdrop:bg-black/40"
    >
      <h2 id={titleId} className="font-semibold">
        {asked?.question.title}
      </h2>
      <p className="mt-1 text-sm text-muted">{asked?.question.text}</p>
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button onClick={() => close(false)}>Keep it as it is</Button>
        <Button look="primary" onClick={() => close(true)}>
          {asked?.question.proceed}
        </Button>
      </div>
    </dialog>
  );
  return { ask, dialog };
}
