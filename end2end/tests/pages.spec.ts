// Every page, looked at by axe and kept as a picture: two themes, two sizes, new, in use and in trouble.
// The pictures are under target/shots; `cargo xtask shots` makes them alone. Open and judge them.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { axe } from '../support/axe';
import { expect, test } from '../support/fixtures';
import type { Longshore } from '../support/longshore';
import { guarded } from '../support/guarded';
import { arrived, enter } from '../support/pages';
import { EMPTY, LOGIN, type Scene, fill, show } from '../support/scenes';

const OUT = process.env.LONGSHORE_SHOTS ?? '../target/shots';
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

// One of them takes as long as all others; on a busy machine each takes minutes.
test.describe.configure({ mode: 'parallel', timeout: 1_800_000 });

test('the first start', async ({ page, fresh }) => {
  await look(page, fresh, [{ name: 'setup', path: '/setup', page: 'setup' }]);
});

test('before anything was done', async ({ page, longshore }) => {
  await look(page, longshore, LOGIN);
  await enter(page, longshore);
  await look(page, longshore, EMPTY);
});

test('in use', async ({ page, longshore, s3, watch }) => {
  // A mount that is refused.
  watch.allow(/status 400: POST .*mounts\/create/, /console error: .*400/);
  const { scenes, finish } = await fill(longshore, s3);
  await enter(page, longshore);
  await look(page, longshore, scenes);
  await finish();
});

test('what waits, what a guard stopped, and what is looked at first', async ({ page, longshore, s3 }) => {
  const { scenes, finish } = await guarded(longshore, s3);
  await enter(page, longshore);
  await look(page, longshore, scenes);
  await finish();
});

test.describe('without rclone', () => {
  test.use({ rclone: '/nonexistent/rclone' });

  test('says what is missing', async ({ page, longshore, watch }) => {
    watch.allow(/status 503/, /console error: .*503/);
    await enter(page, longshore);
    await expect(await arrived(page, 'overview')).toContainText('rclone cannot be used');
    await look(page, longshore, [
      { name: 'overview-no-rclone', path: '/', page: 'overview' },
      { name: 'browse-no-rclone', path: `/browse/local${longshore.files}`, page: 'browse' },
      { name: 'wizard-no-rclone', path: '/remotes/new', page: 'remotes' },
    ]);
  });
});

test.describe('without FUSE', () => {
  test.use({ path: '/nonexistent' });

  test('says how to get it', async ({ page, longshore }) => {
    await enter(page, longshore);
    await look(page, longshore, [{ name: 'mounts-no-fuse', path: '/mounts?new=1', page: 'mounts' }]);
    await expect(page.locator('main')).toContainText('This server cannot mount');
    await expect(page.locator('main').getByRole('link', { name: 'Mount a location' })).toHaveCount(0);
  });
});

/** Each scene in both themes and sizes; what axe finds is reported for all of them together. */
async function look(page: Page, longshore: Longshore, scenes: Scene[]): Promise<void> {
  for (const scene of scenes) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      await show(page, longshore, scene);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        const name = `${scene.name}-${size}-${colorScheme}`;
        await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: true, animations: 'disabled' });
        expect.soft(await axe(page), `axe on ${name}`).toEqual([]);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect.soft(wide, `pixels that ${name} is too wide`).toBe(0);
      }
    }
  }
}
