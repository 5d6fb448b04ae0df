// Figures: medians, pairs, and the table they end up in.

/** One line of the table. `met` is absent where there is no goal. */
export interface Row {
  what: string;
  measured: string;
  goal: string;
  met?: boolean;
}

/** The middle value. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** `0.76 s`, `12.4 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** Several ways to do the same, one after the other, who goes first in turns: what the machine does meanwhile hits all. */
export async function rounds(count: number, ways: (() => Promise<number>)[]): Promise<number[][]> {
  for (const way of ways) await way();
  const result: number[][] = [];
  for (let i = 0; i < count; i++) {
    const times: number[] = [];
    for (let j = 0; j < ways.length; j++) {
      const turn = (i + j) % ways.length;
      times[turn] = (await ways[turn]?.()) ?? Number.NaN;
    }
    result.push(times);
  }
  return result;
}

/** The median of the ratios of each round: how much longer the `to`th way takes than the first. */
export function ratio(times: number[][], to: number): number {
  return median(times.map((round) => (round[to] ?? Number.NaN) / (round[0] ?? Number.NaN)));
}

/** Rows as a table in Markdown, columns aligned so that it reads well in a terminal too. */
export function table(rows: Row[]): string {
  const lines = [['what', 'measured', 'goal', ''], ...rows.map((row) => [row.what, row.measured, row.goal, verdict(row)])];
  const widths = [0, 1, 2, 3].map((column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const written = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [written[0], rule, ...written.slice(1)].join('\n');
}

function verdict(row: Row): string {
  if (row.met === undefined) return '';
  return row.met ? 'met' : 'missed';
}
