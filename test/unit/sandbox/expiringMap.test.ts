import { ExpiringMap } from '../../../sandbox/expiringMap';
import { manualClock } from './support';

it('forgets the oldest entries past its size; an entry that is set again is new', () => {
	const map = new ExpiringMap<string>(1000, 2, manualClock().now);
	map.set('a', 'A');
	map.set('b', 'B');
	map.set('a', 'A again');
	map.set('c', 'C');

	expect(map.values()).toEqual(['A again', 'C']);
	expect(map.get('b')).toBeUndefined();
});

it('tells of every entry that it forgets by itself, once', () => {
	const { now, advance } = manualClock();
	const gone: string[] = [];
	const map = new ExpiringMap<string>(1000, 2, now, (key, value) => gone.push(`${key}=${value}`));
	for (const key of ['a', 'b', 'c']) map.set(key, key.toUpperCase());
	expect(gone).toEqual(['a=A']);
	map.delete('b');
	expect(map.get('b')).toBeUndefined();

	advance(1000);
	map.dropExpired();
	map.dropExpired();

	expect(gone).toEqual(['a=A', 'c=C']);
});

it('forgets an entry when its time is over, and counts only the living ones', () => {
	const { now, advance } = manualClock();
	const map = new ExpiringMap<string>(1000, 10, now);
	map.set('a', 'A');
	advance(600);
	map.set('b', 'B');
	advance(400);

	expect(map.get('a')).toBeUndefined();
	expect(map.get('b')).toBe('B');
	expect(map.clear()).toBe(1);
	expect(map.values()).toEqual([]);
});
