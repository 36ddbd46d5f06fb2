import { KnownStarts } from '../../../../../client/registry/sqlite/knownStarts';
import { claim, NOW } from '../../../../support/registrySessions';

const startOf = (startId: string, owner = 'owner') => claim(owner, { startId });

const namesOf = (known: KnownStarts) => known.at(NOW).map(({ startId, outcome }) => [startId, outcome]);

it('the latest starts are known, as many as there is room for', () => {
	const known = new KnownStarts(2);
	for (const name of ['a', 'b', 'c']) known.claimed(startOf(name));
	expect(namesOf(known)).toEqual([
		['b', undefined],
		['c', undefined],
	]);
});

it('of what came of them the latest is known; that they were made is known longer', () => {
	const known = new KnownStarts(10, 10);
	for (const name of ['a', 'b', 'c']) {
		known.claimed(startOf(name));
		known.settled(startOf(name), { aliveUntil: NOW, outcome: '12345' });
	}
	expect(namesOf(known)).toEqual([
		['a', undefined],
		['b', '12345'],
		['c', '12345'],
	]);
});

it('what came of a start takes the place of what it was before, and its room', () => {
	const known = new KnownStarts(10, 10);
	known.claimed(startOf('a'));
	for (let count = 0; count < 5; count++) known.settled(startOf('a'), { aliveUntil: NOW, outcome: '1234567' });
	known.claimed(startOf('a'));
	expect(namesOf(known)).toEqual([['a', '1234567']]);
});

it('only its owner settles or releases a start', () => {
	const known = new KnownStarts();
	known.claimed(startOf('a'));
	known.settled(startOf('a', 'another'), { aliveUntil: NOW, outcome: '1' });
	known.released(startOf('a', 'another'));
	expect(namesOf(known)).toEqual([['a', undefined]]);

	known.released(startOf('a'));
	expect(namesOf(known)).toEqual([]);
});

it('a start that is to be forgotten is not known', () => {
	const known = new KnownStarts();
	known.claimed({ ...startOf('a'), expiresAt: NOW });
	expect(namesOf(known)).toEqual([]);
});
