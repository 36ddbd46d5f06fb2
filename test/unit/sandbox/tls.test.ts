import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTlsMaterial, loadOrCreateTlsMaterial } from '../../../sandbox/http/tls';

let directory: string;

beforeEach(async () => {
	directory = join(await mkdtemp(join(tmpdir(), 'sandbox-tls-')), 'not', 'there', 'yet');
});
afterEach(() => rm(join(directory, '../../..'), { recursive: true }));

it('a stored certificate is used again', async () => {
	const first = await loadOrCreateTlsMaterial(directory);

	expect(await loadOrCreateTlsMaterial(directory)).toEqual(first);
	expect(first.caFile).toBe(join(directory, 'ca.pem'));
});

it.each(['key', 'cert', 'ca'] as const)('is made anew when its %s is broken or belongs to another', async (part) => {
	const other = await createTlsMaterial();
	for (const content of ['', 'nonsense', other[part]]) {
		const stored = await loadOrCreateTlsMaterial(directory);
		await writeFile(join(directory, `${part}.pem`), content);

		const made = await loadOrCreateTlsMaterial(directory);

		expect(made.cert).not.toBe(stored.cert);
		expect(await loadOrCreateTlsMaterial(directory)).toEqual(made);
	}
});
