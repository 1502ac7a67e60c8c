'use client';

const keys: readonly { label: string; text: string }[] = [
  { label: 'Esc', text: '\x1b' },
  { label: 'Tab', text: '\t' },
  { label: 'Ctrl+C', text: '\x03' },
  { label: 'Ctrl+D', text: '\x04' },
  { label: '↑', text: '\x1b[A' },
  { label: '↓', text: '\x1b[B' },
];

/** What the keyboards of phones lack. */
export function TouchKeys({ onPress }: { onPress: (text: string) => void }) {
  return (
    <div role="group" aria-label="Keys" className="mt-1 hidden flex-wrap gap-1 pointer-coarse:flex">
      {keys.map(({ label, text }) => (
        <button
          key={label}
          type="button"
          // The focus, and with it the phone's keyboard, stays where it is.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPress(text)}
          className="min-h-9 min-w-9 rounded-md border border-line px-2 font-mono text-xs"
        >
          {label}
        </button>
      ))}
    </div>
  );
}
