// 2,000 files of mixed sizes, to S3 and back: equal by hash, and every place that says a figure says the same.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Api } from '../support/api';
import { expect, test } from '../support/fixtures';
import type { Longshore } from '../support/longshore';
import { arrived, enter, open, runRow, runState } from '../support/pages';
import { hashes, makeTree } from '../support/trees';

const MIB = 2 ** 20;

/** Three large ones, some that take more than one part, many small ones, a few that are empty. */
function mixed(): Record<string, number> {
  const files: Record<string, number> = {};
  for (let i = 0; i < 2000; i++) {
    const size = i < 3 ? 200 * MIB : i < 20 ? 6 * MIB + i : i < 30 ? 0 : 100 + ((i * 7919) % 40_000);
    files[`folder-${i % 23}/file ${i}.bin`] = size;
  }
  return files;
}

/** The last statistics in rclone's own log of a run. */
async function ownStatistics(longshore: Longshore, id: string): Promise<{ bytes: number; transfers: number; errors: number }> {
  const runs = join(longshore.data, 'runs');
  const folder = (await readdir(runs)).find((name) => name.startsWith(id));
  const log = await readFile(join(runs, folder ?? id, 'report', 'log.jsonl'), 'utf8');
  const lines = log.split('\n').filter((line) => line.includes('"stats"'));
  return JSON.parse(lines.at(-1) ?? '{}').stats;
}

test('2,000 files to S3 and back are equal, and all figures agree', async ({ page, longshore, s3 }) => {
  test.setTimeout(300_000);
  const files = mixed();
  const total = Object.values(files).reduce((sum, size) => sum + size, 0);
  const [source, back, bucket] = [join(longshore.files, 'real'), join(longshore.files, 'back'), `peer:${s3.bucket}/real`];
  await makeTree(source, files);
  const api = new Api(longshore);
  await api.addRemote('peer', 's3', s3.config);
  await enter(page, longshore);

  for (const [from, to] of [[source, bucket], [bucket, back]] as const) {
    const id = await api.copy(from, to);
    const main = await open(page, longshore, `/runs/${id}`, 'run');
    await expect(runState(page)).toHaveAttribute('data-state', 'succeeded', { timeout: 120_000 });
    const run = await api.ended(id);
    const own = await ownStatistics(longshore, id);
    expect(own).toMatchObject({ transfers: 2000, errors: 0 });
    // A run says what lies there now, each file once; rclone counts a part that its S3 client had to send again twice.
    expect(run.stats).toMatchObject({ bytes: total, files: own.transfers, errors: own.errors });
    expect(own.bytes).toBeGreaterThanOrEqual(total);
    expect(await api.copied(id)).toEqual({ files: 2000, bytes: total });

    const figure = async (name: string) => (await main.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd').innerText()).trim();
    const [moved, count] = [await figure('Transferred'), await figure('Files')];
    expect(count).toBe('2,000');
    await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link', { name: 'Runs' }).click();
    const row = runRow(await arrived(page, 'runs'), id);
    await expect(row).toHaveAttribute('data-state', 'succeeded');
    await expect(row).toContainText('2,000');
    await expect(row).toContainText(moved);
  }
  expect(await hashes(back)).toEqual(await hashes(source));
});
