import { ESLint } from 'eslint';
import glob from 'fast-glob';
import { buildScanConfig } from '@n8n/scan-community-package/scanner/scanner.mjs';

/** What n8n's check looks at in a published package, and in the sources that it was built from. */
export const TARBALL_PATTERNS = ['**/*.js', 'package.json'];
export {
	SOURCE_FILE_PATTERNS as SOURCE_PATTERNS,
	findPackageRoot,
} from '@n8n/scan-community-package/scanner/scanner.mjs';

/**
 * Errors that n8n's check of community packages finds in a folder, by its own configuration; comments that switch rules
 * off do not count. Warnings pass.
 * @returns {Promise<Array<{ file: string; line: number; rule: string; message: string }>>}
 */
export async function findingsIn(folder, patterns) {
	const eslint = new ESLint({
		cwd: folder,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: await buildScanConfig(),
	});
	// As the check does it: ESLint itself follows no links.
	const files = await glob(patterns, { cwd: folder, absolute: true, ignore: ['node_modules/**'] });
	if (files.length === 0) throw new Error(`There is nothing to look at in ${folder}`);
	const results = await eslint.lintFiles(files);
	return results.flatMap(({ filePath, messages }) =>
		messages
			.filter(({ severity }) => severity === 2)
			.map(({ line, ruleId, message }) => ({
				file: filePath.slice(folder.length + 1),
				line,
				rule: ruleId ?? 'cannot be read',
				message,
			})),
	);
}
