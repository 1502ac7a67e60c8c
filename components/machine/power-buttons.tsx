'use client';

import type { Machine, MachineState } from '@/lib/machine/machine';
import { Button } from '../ui/button';

/**
 * The switches on the case. They keep their places; what does nothing now is dimmed but keeps the focus, so that
 * nobody who uses a keyboard is thrown off the button that they have just pressed.
 */
export function PowerButtons({
  machine,
  state,
  onPowerOn,
  onRefused,
}: {
  machine: Machine | undefined;
  state: MachineState;
  onPowerOn: () => void;
  /** A command that the machine did not take; what went wrong with the machine itself is its state. */
  onRefused: (cause: unknown) => void;
}) {
  const isOn = state.type !== 'off' && state.type !== 'failed';
  const hasBegun = state.type === 'booting' || state.type === 'running' || state.type === 'paused';
  const command = (send: (machine: Machine) => Promise<void>) => () => {
    if (machine) send(machine).catch(onRefused);
  };
  return (
    <div role="group" aria-label="Power" className="grid grid-cols-2 gap-2">
      <Switch possible={!isOn} onPress={onPowerOn}>
        Power on
      </Switch>
      <Switch possible={isOn} onPress={command((it) => it.powerOff())}>
        Power off
      </Switch>
      <Switch
        possible={hasBegun}
        onPress={command((it) => (state.type === 'paused' ? it.resume() : it.pause()))}
      >
        {state.type === 'paused' ? 'Resume' : 'Pause'}
      </Switch>
      <Switch possible={hasBegun} onPress={command((it) => it.reset())}>
        Reset
      </Switch>
    </div>
  );
}

function Switch({
  possible,
  onPress,
  children,
}: {
  possible: boolean;
  onPress: () => void;
  children: string;
}) {
  return (
    <Button
      aria-disabled={!possible}
      onClick={() => {
        if (possible) onPress();
      }}
      className="aria-disabled:cursor-not-allowed aria-disabled:opacity-45 aria-disabled:hover:border-line"
    >
      {children}
    </Button>
  );
}
