import { describe, expect, it } from 'vitest';
import { BootObserver } from './boot-observer';

function observe(expectation: Partial<ConstructorParameters<typeof BootObserver>[0]> = {}) {
  const seen: string[] = [];
  const observer = new BootObserver(
    { compressedKernel: false, ready: { type: 'agent' }, ...expectation },
    (phase) => seen.push(phase),
  );
  return { seen, observer };
}

describe('BootObserver', () => {
  it('sees a boot of an unpacked kernel that ends with the agent', () => {
    const { seen, observer } = observe();
    observer.started();
    observer.kernelEntered();
    observer.serialLine('[    0.000000] Linux version 6.12.117-twinhull (twinhull@twinhull)');
    observer.serialLine('[    1.145949] Run /init as init process');
    observer.serialLine('twinhull: starting agent');
    observer.agentSpoke();
    expect(seen).toEqual(['firmware', 'kernel', 'init', 'agent', 'ready']);
  });

  it('sees decompression when the kernel unpacks itself', () => {
    const { seen, observer } = observe({ compressedKernel: true });
    observer.started();
    observer.kernelEntered();
    observer.serialLine('[    0.000000] Linux version 6.12.117');
    expect(seen).toEqual(['firmware', 'decompression', 'kernel']);
  });

  it('waits for the service that the profile names, and no other', () => {
    const { seen, observer } = observe({ ready: { type: 'service', name: 'hullweb' } });
    observer.started();
    observer.agentSpoke();
    observer.serialLine('twinhull: service something-else ready');
    expect(seen).toEqual(['firmware', 'service']);
    observer.serialLine('twinhull: service hullweb ready');
    expect(seen).toEqual(['firmware', 'service', 'ready']);
  });

  it('waits for what the screen shows', () => {
    const { seen, observer } = observe({ ready: { type: 'screen', text: 'No Linux' } });
    observer.started();
    observer.screenDrawn('SeaBIOS');
    expect(seen).toEqual(['firmware']);
    observer.screenDrawn('SeaBIOS\nNo Linux here');
    expect(seen).toEqual(['firmware', 'ready']);
  });

  it('never goes backwards', () => {
    const { seen, observer } = observe();
    observer.started();
    observer.agentSpoke();
    observer.serialLine('[    0.1] Linux version 6.12');
    observer.agentSpoke();
    observer.kernelEntered();
    expect(seen).toEqual(['firmware', 'ready']);
    expect(observer.phase).toBe('ready');
  });

  it('takes a restored machine for ready', () => {
    const { seen, observer } = observe({ ready: { type: 'service', name: 'hullweb' } });
    observer.restored();
    expect(seen).toEqual(['ready']);
  });
});
