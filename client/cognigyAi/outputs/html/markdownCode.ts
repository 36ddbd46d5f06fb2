/** A stretch of a text: from, and up to but without. */
export type Range = readonly [start: number, end: number];

/** Where the code in a Markdown text stands: between fences, or between backticks on a line. What looks like HTML there is none. */
export function markdownCode(text: string): Range[] {
	if (!text.includes('`') && !text.includes('~~~')) return [];
	const ranges: Range[] = [];
	let fence: { mark: string; start: number } | undefined;
	for (let start = 0; start < text.length;) {
		const newLine = text.indexOf('\n', start);
		const end = newLine < 0 ? text.length : newLine + 1;
		const line = text.slice(start, end);
		const mark = fenceOf(line);
		if (fence) {
			if (mark.startsWith(fence.mark) && line.trim() === mark) {
				ranges.push([fence.start, end]);
				fence = undefined;
			}
		} else if (mark !== '' && (mark.startsWith('~') || !line.trimStart().slice(mark.length).includes('`'))) {
			fence = { mark, start };
		} else if (line.includes('`')) {
			ranges.push(...spansOf(line, start));
		}
		start = end;
	}
	if (fence) ranges.push([fence.start, text.length]);
	return ranges;
}

/** What a line begins with, if that can begin or end a block of code. */
function fenceOf(line: string): string {
	return /^(?:`{3,}|~{3,})/.exec(line.trimStart())?.[0] ?? '';
}

/** From a run of backticks to the next one as long; one behind a letter is an apostrophe. */
function spansOf(line: string, offset: number): Range[] {
	const runs = [...line.matchAll(/`+/g)].map(({ index, 0: { length } }) => ({ index, length }));
	const last = new Map(runs.map(({ length }, place) => [length, place]));
	const spans: Range[] = [];
	for (let place = 0; place < runs.length; place++) {
		const run = runs[place];
		if (!run || /\w/.test(line.charAt(run.index - 1)) || (last.get(run.length) ?? 0) <= place) continue;
		let other = place + 1;
		while (runs[other]?.length !== run.length) other++;
		spans.push([offset + run.index, offset + (runs[other]?.index ?? run.index) + run.length]);
		place = other;
	}
	return spans;
}
