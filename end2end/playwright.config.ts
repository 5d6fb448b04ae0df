// How the browser is started, and the three things it is started for. `cargo xtask` sets the environment:
// LONGSHORE_BIN, LONGSHORE_RCLONE, CHROMIUM, LONGSHORE_SHOTS (the folder for pictures).
import { defineConfig } from '@playwright/test';

const root = process.getuid?.() === 0;

export default defineConfig({
  // How long a condition may take on a busy machine: a test that passes never waits this long.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  // Each test has a console and peers of its own. Two browsers keep two cores busy; what a test waits for has no clock.
  workers: 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  reporter: [['list']],
  outputDir: '../target/end2end',
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // Chromium refuses its sandbox to root; the rest keeps it from calling home during a test.
      args: [
        ...(root ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'e2e', testDir: './tests' },
    { name: 'shots', testDir: './tests', testMatch: 'pages.spec.ts' },
    { name: 'bench', testDir: './bench', timeout: 1_800_000, use: { trace: 'off', screenshot: 'off' } },
  ],
});
