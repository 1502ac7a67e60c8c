'use client';

import { useEffect, useRef, useState } from 'react';
import { ContainersTab } from '../containers/containers-tab';
import { TerminalTabs } from '../console/terminal-tabs';
import { type TerminalHandle, TerminalView } from '../console/terminal-view';
import { Button } from '../ui/button';
import { useStore } from '../ui/use-store';
import type { Bench, GuestLink, Seat } from './bench';
import { type Shell, type ShellProgram, shellInContainer } from './shell';

const consoleTab = 'console';
const containersTab = 'containers';
const height = 'h-[28rem]';

/** The console of the machine on the bench, the containers in it, and its shells. */
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
  const [hasListed, setHasListed] = useState(false);
  const [isOpening, setIsOpening] = useState(false);
  const screen = useRef<TerminalHandle>(null);
  const tabs = [
    { id: consoleTab, label: 'Console', isClosable: false },
    { id: containersTab, label: 'Containers', isClosable: false },
    ...shells.map(({ id, label }) => ({ id: String(id), label, isClosable: true })),
  ];
  const shown = tabs.some((tab) => tab.id === selected) ? selected : consoleTab;
  const findShell = (id: string) => shells.find((shell) => String(shell.id) === id);

  useEffect(() => screen.current?.focus(), [seat]);

  const select = (id: string) => {
    setSelected(id);
    // What is listed costs the engine something at every change: nobody pays before the list has been opened.
    if (id === containersTab) setHasListed(true);
  };
  const openShell = (program?: ShellProgram) => {
    setIsOpening(true);
    bench
      .openShell(program)
      .then((shell) => setSelected(String(shell.id)), onFailure)
      .finally(() => setIsOpening(false));
  };

  return (
    <TerminalTabs
      label="Terminals and containers"
      tabs={tabs}
      selected={shown}
      onSelect={select}
      onClose={(id) => {
        const shell = findShell(id);
        if (shell) bench.closeShell(shell);
      }}
      actions={
        <Button look="quiet" onClick={() => openShell()} disabled={link.type !== 'connected' || isOpening}>
          New shell
        </Button>
      }
    >
      {(tab) => {
        if (tab.id === containersTab) {
          return hasListed ? (
            <Containers
              link={link}
              onTouched={bench.markTouched}
              onShell={(it) => openShell(shellInContainer(it))}
            />
          ) : null;
        }
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

function Containers({
  link,
  ...rest
}: { link: GuestLink } & Omit<Parameters<typeof ContainersTab>[0], 'guest'>) {
  switch (link.type) {
    case 'connected':
      return <ContainersTab guest={link.guest} {...rest} />;
    case 'none':
    case 'connecting':
      return <p className="text-sm text-muted">The list is here once the machine is up.</p>;
    case 'failed':
      return (
        <p className="text-sm text-muted">
          Without the machine’s agent nothing can be listed. Type <code className="font-mono">docker ps</code>{' '}
          into the console.
        </p>
      );
  }
}
