import { expect, test } from 'vitest';
import { Store } from '../base/store';
import type { MachineState } from '../machine/machine';
import { HiddenTab } from './hidden-tab';

function machineIn(type: 'off' | 'running' | 'paused') {
  const state = new Store<MachineState>({ type });
  const change = (from: MachineState['type'], to: 'running' | 'paused') => async () => {
    if (state.get().type !== from) throw new Error(`it is ${state.get().type}`);
    state.set({ type: to });
  };
  return { state, pause: change('running', 'paused'), resume: change('paused', 'running') };
}

function tab() {
  const isHidden = new Store(false);
  let at = 1000;
  const hiddenTab = new HiddenTab(isHidden, () => at);
  return {
    hiddenTab,
    hide: async () => settle(() => isHidden.set(true)),
    show: async () => settle(() => isHidden.set(false)),
    pass: (ms: number) => (at += ms),
  };
}

async function settle(act: () => void): Promise<void> {
  act();
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

test('machines pause in a hidden tab, go on when it is seen, and it is said for how long', async () => {
  const { hiddenTab, hide, show, pass } = tab();
  const machines = [machineIn('running'), machineIn('running')];
  for (const machine of machines) hiddenTab.watch(machine);
  await hide();
  expect(machines.map(({ state }) => state.get().type)).toEqual(['paused', 'paused']);
  expect(hiddenTab.pause.get()).toEqual({ type: 'paused', machines: 2, sinceMs: 1000 });
  pass(90_000);
  await show();
  expect(machines.map(({ state }) => state.get().type)).toEqual(['running', 'running']);
  expect(hiddenTab.pause.get()).toEqual({ type: 'over', machines: 2, lastedMs: 90_000 });
  hiddenTab.forget();
  expect(hiddenTab.pause.get()).toEqual({ type: 'none' });
});

test('what a person has paused stays paused, and what is off stays off', async () => {
  const { hiddenTab, hide, show } = tab();
  const [paused, off] = [machineIn('paused'), machineIn('off')];
  hiddenTab.watch(paused);
  hiddenTab.watch(off);
  await hide();
  expect(hiddenTab.pause.get()).toEqual({ type: 'none' });
  await show();
  expect(paused.state.get().type).toBe('paused');
  expect(off.state.get().type).toBe('off');
});

test('a machine that comes up in a hidden tab pauses then', async () => {
  const { hiddenTab, hide } = tab();
  const machine = machineIn('off');
  hiddenTab.watch(machine);
  await hide();
  await settle(() => machine.state.set({ type: 'running' }));
  expect(machine.state.get().type).toBe('paused');
});

test('with the setting, machines run on, and those that were paused go on at once', async () => {
  const { hiddenTab, hide } = tab();
  const machine = machineIn('running');
  hiddenTab.watch(machine);
  await hide();
  await settle(() => hiddenTab.runsOn.set(true));
  expect(machine.state.get().type).toBe('running');
});

test('a machine that is no longer watched is left alone', async () => {
  const { hiddenTab, hide, show } = tab();
  const machine = machineIn('running');
  const watching = hiddenTab.watch(machine);
  await hide();
  watching.dispose();
  await show();
  expect(machine.state.get().type).toBe('paused');
});
