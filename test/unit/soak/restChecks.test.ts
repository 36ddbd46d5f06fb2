import type { Sample } from '../../soak/course';
import { restChecksOf } from '../../soak/restChecks';

const sample = (held: number): Sample => ({
	second: 0,
	rssMb: 0,
	heapMb: 0,
	externalMb: 0,
	handles: held,
	handlesByKind: {},
	fileDescriptors: held,
	fileDescriptorsByKind: {},
	connections: held,
	registryBytes: 0,
	registryWalBytes: 0,
	sessions: 0,
});

it.each([
	['no more than before', 60, true],
	['ten more', 70, true],
	['eleven more', 71, false],
])('%s', (_case, after, isBack) => {
	const checks = restChecksOf(sample(60), sample(after));
	expect(checks).toHaveLength(3);
	for (const check of checks) expect(check).toMatchObject({ before: 60, after, limit: 70, isBack });
});
