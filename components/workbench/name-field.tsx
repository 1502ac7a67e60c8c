'use client';

import { useId, useState } from 'react';
import type { Place } from './benches';
import { nameProblem } from './machine-name';

/** A machine's name, for a form that reads `name`. What is wrong with it is said while it is typed. */
export function NameField({
  name,
  others,
  isSelected = false,
}: {
  name: string;
  others: readonly Place[];
  /** The person has just asked to type here. */
  isSelected?: boolean;
}) {
  const [value, setValue] = useState(name);
  const problemId = useId();
  const problem = nameProblem(value, others);
  return (
    <div className="min-w-0 flex-1">
      <input
        name="name"
        aria-label="Name of the machine"
        aria-invalid={problem !== undefined}
        aria-describedby={problemId}
        value={value}
        maxLength={32}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        ref={(input) => {
          if (isSelected && input && document.activeElement !== input) input.select();
        }}
        onChange={(event) => setValue(event.currentTarget.value)}
        className="min-h-9 w-full min-w-0 rounded-md border border-line bg-surface px-2 text-sm"
      />
      <p id={problemId} role="status" className="min-h-5 text-sm text-bad">
        {problem}
      </p>
    </div>
  );
}
