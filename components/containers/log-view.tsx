'use client';

import { useEffect, useState } from 'react';
import type { Engine } from '@/lib/engine/engine';
import type { Container } from '@/lib/engine/schemas';
import { TerminalView } from '../console/terminal-view';
import { LogSource } from './log-source';

/** What a container has printed, and prints while this is shown. */
export function LogView({ engine, container: { id, name } }: { engine: Engine; container: Container }) {
  const [source, setSource] = useState<LogSource>();
  useEffect(() => {
    const own = new LogSource(engine, id);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- a source is read once, and ends with the effect
    setSource(own);
    return () => {
      own.dispose();
      setSource(undefined);
    };
  }, [engine, id]);
  return (
    <div className="mt-2 min-h-64">
      {source ? <TerminalView source={source} label={`Logs of ${name}`} readOnly className="h-56" /> : null}
    </div>
  );
}
