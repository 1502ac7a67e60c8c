import nextVitals from 'eslint-config-next/core-web-vitals';
import tseslint from 'typescript-eslint';

/** What a folder may not import, with the way to go instead. */
function closed(files, groups) {
  return {
    files,
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: groups.map(([group, message]) => ({ group, message })) },
      ],
    },
  };
}

const noUi = [
  ['react', 'react-dom', 'react/*', 'next', 'next/*', '@xterm/*'],
  'lib/ runs in a page, a worker and Node: no React, no Next, no terminal. Put it in components/.',
];
const noUpward = [
  ['@/app/*', '@/components/*', '**/components/**', '**/app/**'],
  'Arrows run app -> components -> lib. Hand it in as a parameter instead.',
];
const noBuild = [
  ['@/images/**', '@/scripts/**', '**/images/**', '**/scripts/**'],
  'lib/ is used by the build, not the other way round.',
];
const noExperiments = [
  ['**/experiments/**', '**/experiments'],
  'experiments -> fleet -> machine, wire, guest: this arrow runs the wrong way.',
];
const noFleet = [
  ['**/fleet/**', '**/fleet'],
  'experiments -> fleet -> machine, wire, guest: this arrow runs the wrong way.',
];
const noMachine = [
  ['**/machine/**', '**/machine'],
  'guest, wire and base stand below machine: this arrow runs the wrong way.',
];
const noEngine = [
  ['**/engine/**', '**/engine'],
  'experiments -> engine -> guest: this arrow runs the wrong way.',
];
const noPackets = [['**/packets/**'], 'packets -> wire, guest -> base: this arrow runs the wrong way.'];
const v86Types = [['v86'], 'Load v86 through lib/machine: bundlers break it. `import type` is fine.'];

export default tseslint.config(
  { ignores: ['node_modules', '.next', 'out', 'public', 'next-env.d.ts'] },
  ...nextVitals,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts', '**/*.tsx'] })),
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // A method that an interface wants asynchronous may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Props and ports are interfaces with method signatures, destructured where they are used; none of them is a class.
      '@typescript-eslint/unbound-method': 'off',
      // Rejecting with an AbortSignal's reason is how cancellation travels; its type is `any`.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
    },
  },
  closed(
    ['lib/base/**/*.ts'],
    [
      noUi,
      noUpward,
      noBuild,
      noExperiments,
      noFleet,
      noMachine,
      noEngine,
      [['**/guest/**', '**/wire/**'], 'base knows nothing of the rest.'],
    ],
  ),
  closed(
    ['lib/guest/**/*.ts', 'lib/wire/**/*.ts'],
    [noUi, noUpward, noBuild, noExperiments, noFleet, noMachine, noEngine, noPackets],
  ),
  closed(['lib/packets/**/*.ts'], [noUi, noUpward, noBuild, noExperiments, noFleet, noMachine, noEngine]),
  closed(
    ['lib/engine/**/*.ts'],
    [
      noUi,
      noUpward,
      noBuild,
      noExperiments,
      noFleet,
      noMachine,
      [['**/wire/**'], 'The engine is reached through the guest: engine -> guest -> base.'],
    ],
  ),
  closed(['lib/preview/**/*.ts'], [noUi, noUpward, noBuild, noExperiments, noFleet, noMachine]),
  closed(['lib/machine/**/*.ts'], [noUi, noUpward, noBuild, noExperiments, noFleet, noEngine]),
  closed(['lib/fleet/**/*.ts'], [noUi, noUpward, noBuild, noExperiments, noEngine]),
  closed(['lib/topology/**/*.ts'], [noUi, noUpward, noBuild, noExperiments, noMachine]),
  closed(['lib/experiments/**/*.ts'], [noUi, noUpward, noBuild]),
  closed(
    ['components/**/*.{ts,tsx}'],
    [[['@/app/*', '**/app/**'], 'Arrows run app -> components -> lib.'], noBuild, v86Types],
  ),
);
