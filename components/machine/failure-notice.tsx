import type { ReactNode } from 'react';
import { HullError, messageOf } from '@/lib/base/hull-error';
import { Notice } from '../ui/notice';

/** What went wrong, what to do about it, and the buttons that do it. */
export function FailureNotice({ failure, children }: { failure: unknown; children?: ReactNode }) {
  return (
    <Notice tone="failure" title={messageOf(failure)}>
      {failure instanceof HullError ? <p>{failure.remedy}</p> : null}
      {children ? <div className="mt-3 flex flex-wrap gap-2">{children}</div> : null}
    </Notice>
  );
}
