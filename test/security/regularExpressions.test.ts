import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, Script } from 'node:vm';
import ts from 'typescript';

/**
 * So many characters that steps in linear time take a millisecond, and steps that grow with the square take seconds: what
 * comes between them only tells which of the two it was.
 */
const LENGTH = 50_000;
const HANGS_AFTER_MS = 1_000;

const projectFolder = join(__dirname, '..', '..');

interface Found {
	file: string;
	literal: string;
}

/** Every regular expression in what the package holds. */
function regularExpressions(): Found[] {
	const found: Found[] = [];
	for (const folder of ['client', 'nodes', 'credentials']) {
		const files = readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' });
		for (const file of files.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name))) {
			const source = readFileSync(join(projectFolder, file), 'utf8');
			const visit = (node: ts.Node) => {
				if (ts.isRegularExpressionLiteral(node)) found.push({ file, literal: node.text });
				ts.forEachChild(node, visit);
			};
			visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
		}
	}
	return found;
}

/** Texts of one character over and over, behind each beginning that the expression could want, and with a wrong end. */
function* hostileTexts(literal: string): Generator<string> {
	const words = ['', ...(literal.match(/[a-z-]{2,}/gi) ?? []).flatMap((word) => [word, `${word} `])];
	// A control character is a wrong end for all but those that look for one.
	const ends = literal.includes('\\u00') ? ['\u0001', '!'] : ['\u0001'];
	const characters = new Set([...literal.replace(/\\./g, '1a ./'), ...'a0 /.\n']);
	for (const word of words) {
		for (const character of characters) {
			for (const end of ends) yield word + character.repeat(LENGTH) + end;
		}
	}
}

const context = createContext({ text: '' });

/** @returns the beginning of a text with which it is not done in time, if there is one */
function hangsWith(literal: string, texts: Iterable<string>): string | undefined {
	const script = new Script(`${literal}.test(text)`);
	for (const text of texts) {
		Object.assign(context, { text });
		try {
			script.runInContext(context, { timeout: HANGS_AFTER_MS });
		} catch {
			return text.slice(0, 20);
		}
	}
	return undefined;
}

const all = regularExpressions();

it('finds the regular expressions of the sources', () => {
	expect(all.length).toBeGreaterThan(40);
});

it('tells an expression that hangs', () => {
	expect(hangsWith('/(a+)+$/', [`${'a'.repeat(100)}!`])).toBe('a'.repeat(20));
	expect(hangsWith('/\\/+$/', [`${'/'.repeat(LENGTH)}!`])).toBe('/'.repeat(20));
});

it.each(all)('$literal in $file takes linear time', ({ literal }) => {
	expect(hangsWith(literal, hostileTexts(literal))).toBeUndefined();
});
