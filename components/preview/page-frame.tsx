'use client';

import { useEffect, useRef } from 'react';
import type { PreviewPage, PreviewSession } from '@/lib/preview/preview-session';

const frameUrl = `${process.env['NEXT_PUBLIC_BASE_PATH'] ?? ''}/preview/frame.html`;

/** One page, in a frame of no origin. Give it the page's id as its key: another page gets another frame. */
export function PageFrame({
  session,
  page,
  label,
  className,
}: {
  session: PreviewSession;
  page: PreviewPage;
  label: string;
  className: string;
}) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const window_ = frame.current?.contentWindow;
    if (!frame.current || !window_) return;
    // Its origin is nobody's, so there is no other target to name.
    const take = session.frameFor(page, (message) => window_.postMessage(message, '*'));
    const onMessage = ({ source, data }: MessageEvent<unknown>) => {
      if (source === window_) take(data);
    };
    window.addEventListener('message', onMessage);
    // It speaks when it has come, and somebody must listen by then.
    frame.current.src = frameUrl;
    return () => window.removeEventListener('message', onMessage);
  }, [session, page]);
  return (
    <iframe
      ref={frame}
      title={label}
      sandbox="allow-scripts allow-forms"
      referrerPolicy="no-referrer"
      className={className}
    />
  );
}
