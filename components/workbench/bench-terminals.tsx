'use client';

import { useEffect, useRef, useState } from 'react';
import { TerminalTabs } from '../console/terminal-tabs';
import { type TerminalHandle, TerminalView } from '../console/terminal-view';
import { Button } from '../ui/button';
import { useStore } from '../ui/use-store';
import type { Bench, GuestLink, Seat } from './bench';
import type { Shell } from './shell';

const consoleTab = 'console';
const height = 'h-[28rem]';

/** The console of the machine on the bench, and its shells. */
export function BenchTerminals({
  bench,
  seat,
  link,
  onFailure,
}: {
  bench: Bench;
  seat: Seat;
  link: GuestLink;
  onFailure: (cause: unknown) => void;
}) {
  const shells = useStore(bench.shells);
  const [selected, setSelected] = useState(consoleTab);
  const [isOpening, setIsOpening] = useState(false);
  const screen = useRef<TerminalHandle>(null);
  const tabs = [
    { id: consoleTab, label: 'Console', isClosable: false },
    ...shells.map(({ id }) => ({ id: String(id), label: `Shell ${id}`, isClosable: true })),
  ];
  const shown = tabs.some((tab) => tab.id === selected) ? selected : consoleTab;
  const findShell = (id: string) => shells.find((shell) => String(shell.id) === id);

  useEffect(() => screen.current?.focus(), [seat]);

  const openShell = () => {
    setIsOpening(true);
    bench
      .openShell()
      .then((shell) => setSelected(String(shell.id)), onFailure)
      .finally(() => setIsOpening(false));
  };

  return (
    <TerminalTabs
      label="Terminals"
      tabs={tabs}
      selected={shown}
      onSelect={setSelected}
      onClose={(id) => {
        const shell = findShell(id);
        if (shell) bench.closeShell(shell);
      }}
      actions={
        <Button look="quiet" onClick={openShell} disabled={link.type !== 'connected' || isOpening}>
          New shell
        </Button>
      }
    >
      {(tab) => {
        const shell = findShell(tab.id);
        return shell ? (
          <ShellView shell={shell} label={tab.label} onTyped={bench.markTouched} />
        ) : (
          <TerminalView
            ref={screen}
            source={seat.machine.console}
            onTyped={bench.markTouched}
            label="Console"
            className={height}
          />
        );
      }}
    </TerminalTabs>
  );
}

function ShellView({ shell, label, onTyped }: { shell: Shell; label: string; onTyped: () => void }) {
  const state = useStore(shell.state);
  const screen = useRef<TerminalHandle>(null);
  useEffect(() => screen.current?.focus(), []);
  return (
    <>
      <TerminalView ref={screen} source={shell.source} onTyped={onTyped} label={label} className={height} />
      <p role="status" className="min-h-5 text-sm text-muted">
        {state.type === 'ended' ? `This shell has ended: ${state.how}.` : ''}
      </p>
    </>
  );
}
