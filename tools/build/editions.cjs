const { join } = require('node:path');

/** What every edition is made of (docs/editions.md). */
exports.SOURCE_FOLDERS = ['nodes', 'credentials'];
exports.CLIENT_FOLDER = 'client';
/** Loaded on first use, and what descriptions of nodes and credentials ask. */
exports.CLIENT_ENTRIES = ['client/index.ts', 'client/offers.ts'];

/** The editions by the name of their folder in `client/editions`. */
exports.editions = {
	full: { name: 'full', folder: '.', ...placesIn('.') },
	cloud: { name: 'cloud', folder: join('editions', 'cloud'), ...placesIn(join('editions', 'cloud')) },
};

function placesIn(folder) {
	return {
		/** What the npm package holds. */
		out: join(folder, 'dist'),
		/** From what that was built. */
		stampFile: join('.cache', `build-${folder === '.' ? 'full' : 'cloud'}.json`),
	};
}
