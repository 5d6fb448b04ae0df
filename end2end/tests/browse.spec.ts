// A folder of 10,000 files: quick, sorted, filtered, walked by keyboard, and never more than a screen of rows in the page.
import { join } from 'node:path';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { browse, enter, grid, rowOf } from '../support/pages';
import { makeMany, makeTree } from '../support/trees';

const COUNT = 10_000;

test('10,000 files scroll, sort and filter with few rows in the page', async ({ page, longshore }) => {
  const many = join(longshore.files, 'many');
  await makeMany(many, COUNT);
  await makeTree(many, { 'zz-largest.bin': 5000 });
  await enter(page, longshore);
  await browse(page, longshore, many);
  const list = grid(page);
  await expect(list).toHaveAttribute('aria-rowcount', String(COUNT + 1));
  await expect(rowOf(page, 'file-000000.dat')).toBeVisible();

  await test.step('the end is one key away', async () => {
    await list.focus();
    await page.keyboard.press('End');
    await expect(rowOf(page, 'zz-largest.bin')).toBeVisible();
    expect(await list.getByRole('row').count()).toBeLessThan(200);
    await page.keyboard.press('Home');
    await expect(rowOf(page, 'file-000000.dat')).toBeVisible();
  });

  await test.step('the largest comes first when sorted by size from the end', async () => {
    const size = list.getByRole('columnheader', { name: /^Size/ });
    await size.getByRole('link').click();
    await expect(size).not.toHaveAttribute('aria-sort', 'none');
    if ((await size.getAttribute('aria-sort')) === 'ascending') await size.getByRole('link').click();
    await expect(size).toHaveAttribute('aria-sort', 'descending');
    await expect(rowOf(page, 'zz-largest.bin')).toBeVisible();
  });

  await test.step('the filter is a key away, and the address keeps it', async () => {
    await page.keyboard.press('/');
    await expect(page.locator('main [name=filter]')).toBeFocused();
    await page.keyboard.type('00999');
    await expect(list).toHaveAttribute('aria-rowcount', '11');
    await expect(page).toHaveURL(/filter=00999/);
    await page.reload();
    await expect(list).toHaveAttribute('aria-rowcount', '11');
    await expect(page.locator('main [name=filter]')).toHaveValue('00999');
  });
  await accessible(page);
});

test('folders are walked by keyboard, in and out', async ({ page, longshore }) => {
  await makeTree(join(longshore.files, 'top'), { 'inner/leaf.txt': 10, 'note.txt': 10 });
  await enter(page, longshore);
  await browse(page, longshore, join(longshore.files, 'top'));
  await grid(page).focus();
  // Folders come first: the first row is the folder.
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(rowOf(page, 'leaf.txt')).toBeVisible();
  await expect(page).toHaveURL(/\/top\/inner$/);
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('Backspace');
  await expect(rowOf(page, 'note.txt')).toBeVisible();
  await expect(page).toHaveURL(/\/top$/);
  await page.goBack();
  await expect(rowOf(page, 'leaf.txt')).toBeVisible();
});

test('a folder that is not there says so', async ({ page, longshore, watch }) => {
  watch.allow(/status 404/, /console error: .*404/);
  await enter(page, longshore);
  await page.goto(`${longshore.url}/browse/local${longshore.files}/nowhere`);
  await expect(page.locator('main')).toContainText(/no |not /i);
  await accessible(page);
});
