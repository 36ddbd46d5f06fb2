import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { postedAnswersIn, postedAnswersOfTests, type StoreFields } from '../../../client/openState';

const folder = mkdtempSync(join(tmpdir(), 'posted-answers-'));
const inFolder = (fields: StoreFields, place = folder) => postedAnswersIn(fields, place, () => {});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what collects posted answers', () => {
	it.each<[string, StoreFields, StoreFields]>([
		['this machine, said or not', {}, { stateStore: 'local' }],
		['this machine, whatever is left of a Redis', { stateStore: 'local', redisUrl: 'redis://one' }, {}],
		[
			'the same Redis',
			{ stateStore: 'redis', redisUrl: 'redis://one' },
			{ stateStore: 'redis', redisUrl: 'redis://one' },
		],
	])('is the same for all who stage in %s', (_, one, other) => {
		expect(inFolder(one)).toBe(inFolder(other));
	});

	it('is another one for another place', () => {
		const redis = { stateStore: 'redis', redisUrl: 'redis://one' };
		const all = [
			inFolder({}),
			inFolder({}, `${folder}-2`),
			inFolder(redis),
			inFolder({ ...redis, redisUrl: 'redis://two' }),
		];
		expect(new Set(all).size).toBe(4);
	});

	it('is shared by no tests of workflows', () => {
		expect(postedAnswersOfTests(() => {})).not.toBe(postedAnswersOfTests(() => {}));
	});
});
