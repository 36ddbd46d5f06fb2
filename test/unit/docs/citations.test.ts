/** Comments and tests cite documents; every citation leads somewhere (docs/README.md#how-comments-cite-these-pages). */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { anchorsOf, documents, read, root } from './support';

/** What is not ours, or made of what is. */
const OTHERS = /(^|\/)(node_modules|dist|\.git|\.cache|\.mirror|coverage)$/;

/** Files that people write, by their paths in the repository. */
function filesIn(folder: string): string[] {
	return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (OTHERS.test(path)) return [];
		if (entry.isDirectory()) return filesIn(path);
		return /\.(ts|mjs|cjs|js|yml|sh)$/.test(path) || path === '.ci/run' ? [path] : [];
	});
}

/** Comments that go on over several lines count as one line. */
const joined = (text: string) => text.replace(/\n[ \t]*(?:\*(?!\/)|\/\/|#)?[ \t]*/g, ' ');

interface Citation {
	words: string;
	/** What is wrong with it; missing: nothing. */
	problem?: string;
}

const promises = anchorsOf('docs/guarantees.md');

function guaranteesIn(text: string): Citation[] {
	const cited = text.matchAll(/\bguarantees? (\d+(?:(?:, | and | or | to )\d+)*)\b/gi);
	return [...cited].map(([words, numbers = '']) => {
		const missing = (numbers.match(/\d+/g) ?? []).filter((number) => !promises.includes(`guarantee-${number}`));
		return missing.length === 0 ? { words } : { words, problem: 'docs/guarantees.md has no such guarantee' };
	});
}

function linksIn(text: string): Citation[] {
	const cited = text.matchAll(/\bdocs\/[\w./-]+?\.md(?:#[\w-]+(?:(?:, | and | or | to )#[\w-]+)*)?/g);
	return [...cited].map(([words]) => {
		const [path = '', ...anchors] = words.split(/(?:, | and | or | to )?#/);
		if (!existsSync(join(root, path))) return { words, problem: 'there is no such page' };
		const missing = anchors.filter((anchor) => !anchorsOf(path).includes(anchor));
		return missing.length === 0 ? { words } : { words, problem: `the page has no section ${missing.join(', ')}` };
	});
}

/** Numbers of sections say nothing, unless of a standard that everybody can read. */
function sectionsIn(text: string): Citation[] {
	return [...text.matchAll(/\bsections? \d+(?:\.\d+)*/gi)].map(({ 0: words, index }) => {
		const before = text.slice(Math.max(0, index - 20), index);
		if (/\bRFC \d+,? $/.test(before)) return { words };
		return { words: before + words, problem: 'cite a page of docs/ by its link, not a section by its number' };
	});
}

const citationsIn = (text: string) => {
	const line = joined(text);
	return [...guaranteesIn(line), ...linksIn(line), ...sectionsIn(line)];
};

const files = filesIn('.').filter((path) => path !== 'test/unit/docs/citations.test.ts');

it('no citation leads nowhere', () => {
	const broken = files.flatMap((path) =>
		citationsIn(read(path))
			.filter(({ problem }) => problem !== undefined)
			.map(({ words, problem }) => `${path}: "${words}": ${problem ?? ''}`),
	);
	expect(broken).toEqual([]);
});

it('the documents cite only guarantees that there are', () => {
	const broken = documents.flatMap((path) => guaranteesIn(joined(read(path))).filter(({ problem }) => problem));
	expect(broken).toEqual([]);
});

describe('this test', () => {
	it('sees what is cited', () => {
		const seen = files.flatMap((path) => citationsIn(read(path)).map(({ words }) => words));
		expect(seen).toEqual(expect.arrayContaining(['guarantee 1', 'guarantees 3 and 8', 'docs/protocol-v1.md#reset']));
	});

	it.each([
		'// Never twice (guarantee 1).',
		'/** Rides out faults (guarantees 3 and 8). */',
		' * Opens channels (docs/protocol-v1.md#runtime-channel).',
		' * What an endpoint says (docs/protocol-cognigy-ai.md#errors\n * and #rest-endpoints).',
		'/** RFC 6455, section 5.5: at most 125 bytes. */',
	])('lets pass: %j', (text) => {
		expect(citationsIn(text).map(({ problem }) => problem)).toEqual([undefined]);
	});

	it.each([
		'// Never twice (guarantee 99).',
		'/** Rides out faults (guarantees 3 and\n * 99). */',
		'/** Rides out faults (Guarantee 0). */',
		' * Opens channels (docs/protocol-v1.md#nowhere).',
		' * What an endpoint says (docs/protocol-cognigy-ai.md#errors and #nowhere).',
		' * Opens channels (docs/protocol-v3.md).',
		'/** Opens channels (contract section 6). */',
		'/** Contract section 2. */',
		' * The address (facts,\n * section 1.2).',
		"it('puts out the fields (design section 3)')",
		'// the contract (section 4) leaves it open',
	])('finds: %j', (text) => {
		expect(citationsIn(text).map(({ problem }) => problem)).toEqual([expect.any(String)]);
	});
});
