/** Says at the end of a run how many cells of each fault matrix have passed: its parts run in several files at once. */
module.exports = class MatrixReporter {
	onRunComplete(_contexts, { testResults }) {
		const counts = new Map();
		for (const { ancestorTitles, status } of testResults.flatMap((file) => file.testResults)) {
			const [title = ''] = ancestorTitles;
			if (!title.startsWith('Fault matrix')) continue;
			const { passed, all } = counts.get(title) ?? { passed: 0, all: 0 };
			counts.set(title, { passed: passed + (status === 'passed' ? 1 : 0), all: all + 1 });
		}
		for (const [title, { passed, all }] of counts) {
			process.stdout.write(`${title}: ${passed} of ${all} cells passed\n`);
		}
	}
};
