import type { NextConfig } from 'next';

const config: NextConfig = {
  output: 'export',
  trailingSlash: true,
  reactStrictMode: true,
  poweredByHeader: false,
  // A site below a path, as on project pages of code hosts: TWINHULL_BASE_PATH=/twinhull npm run build
  basePath: process.env.TWINHULL_BASE_PATH ?? '',
  env: {
    NEXT_PUBLIC_BASE_PATH: process.env.TWINHULL_BASE_PATH ?? '',
    // Where machines reach the internet, on sites that have such a place: docs/uplink.md.
    NEXT_PUBLIC_UPLINK: process.env.TWINHULL_UPLINK ?? '',
  },
  // `npm test` runs the linter and the compiler once, for the whole project.
  typescript: { ignoreBuildErrors: true },
};

export default config;
