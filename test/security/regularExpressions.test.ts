import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import ts from 'typescript';

/**
 * So many characters that steps in linear time take milliseconds, and steps that grow with the square take minutes:
 * what comes between them only tells which of the two it was.
 */
const LENGTH = 200_000;
const HANGS_AFTER_MS = 3_000;

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
	const characters = new Set([...literal.replace(/\\./g, '1a ./'), ...'a0 /.\n']);
	for (const word of words) {
		for (const character of characters) {
			for (const end of ['\u0001', '!']) yield word + character.repeat(LENGTH) + end;
		}
	}
}

const context = createContext({ text: '' });

/** Whether it is done in time. */
function ends(literal: string, text: string): boolean {
	try {
		Object.assign(context, { text });
		runInContext(`${literal}.test(text)`, context, { timeout: HANGS_AFTER_MS });
		return true;
	} catch {
		return false;
	}
}

const all = regularExpressions();

it('finds the regular expressions of the sources', () => {
	expect(all.length).toBeGreaterThan(40);
});

it('tells an expression that hangs', () => {
	expect(ends('/(a+)+$/', `${'a'.repeat(100)}!`)).toBe(false);
	expect(ends('/\\/+$/', `${'/'.repeat(LENGTH)}!`)).toBe(false);
});

it.each(all)('$literal in $file takes linear time', ({ literal }) => {
	for (const text of hostileTexts(literal))
		expect([text.slice(0, 20), ends(literal, text)]).toEqual([text.slice(0, 20), true]);
});
