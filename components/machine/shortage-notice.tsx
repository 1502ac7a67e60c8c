import type { ReactNode } from 'react';
import type { MemoryShortage } from '@/lib/machine/memory-shortage';
import { Notice } from '../ui/notice';

export function ShortageNotice({ shortage, children }: { shortage: MemoryShortage; children?: ReactNode }) {
  const { of, program, pid } = shortage;
  const whose = of === 'machine' ? 'The machine' : 'A container';
  return (
    <Notice
      tone="failure"
      title={`${whose} ran out of memory, so the kernel ended “${program}” (process ${pid}).`}
    >
      <p>
        {of === 'machine'
          ? 'The rest of the machine goes on. Run less at the same time, or reset it.'
          : 'Everything else goes on. Give the container a higher limit, or let it do less.'}
      </p>
      {children ? <div className="mt-3 flex flex-wrap gap-2">{children}</div> : null}
    </Notice>
  );
}
