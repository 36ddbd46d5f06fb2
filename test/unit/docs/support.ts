import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '../../..');

/** @param path in the repository */
export const read = (path: string) => readFileSync(join(root, path), 'utf8');

const pagesIn = (folder: string) =>
	readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.md'))
		.map((name) => join(folder, name));

/** Every document, by its path in the repository. */
export const documents = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...pagesIn('docs')];

/** Text of a document without its code. */
export const proseOf = (path: string) => read(path).replace(/^```[\s\S]*?^```/gm, '');

/** Anchors of a document's headings, as GitHub makes them. */
export const anchorsOf = (path: string) =>
	[...proseOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
		heading
			.toLowerCase()
			.replace(/[^\w\- ]/g, '')
			.replace(/ /g, '-'),
	);
