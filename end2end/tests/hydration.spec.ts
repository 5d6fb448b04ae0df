// The code of a page may come late, and the world goes on meanwhile. Until the code is there the page is what the server
// sent; then it becomes interactive without a complaint, and true.
import { Api } from '../support/api';
import { expect, test } from '../support/fixtures';
import { arrived, enter, runState } from '../support/pages';
import { processesOf } from '../support/processes';
import { slowCopy } from '../support/trees';

const CHUNK = /\/chunk_\d+\.wasm$/;

test('a page whose code comes late is first what the server sent, and then what is so', async ({ page, longshore }) => {
  const api = new Api(longshore);
  const { id } = await slowCopy(longshore, api);
  await enter(page, longshore);

  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(CHUNK, async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest(CHUNK);
  await page.goto(`${longshore.url}/runs/${id}`, { waitUntil: 'commit' });
  const main = await arrived(page, 'run');
  await asked;
  process.kill((await processesOf(id)).rclone, 'SIGKILL');
  expect((await api.ended(id)).state).toBe('failed');
  await expect(page.locator('html[data-hydrated]')).toHaveCount(0);
  await expect(runState(page)).toHaveAttribute('data-state', 'running');

  release();
  await expect(runState(page)).toHaveAttribute('data-state', 'failed');
  await expect(main).toContainText('SIGKILL');
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
});
