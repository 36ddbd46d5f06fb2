import { adaptiveCards } from './adaptiveCards';
import { channels } from './channels';
import { choices } from './choices';
import { events } from './events';
import { lists } from './lists';
import { media } from './media';
import { plugins } from './plugins';
import { streams } from './streams';
import { texts } from './texts';
import type { Shapes } from './shape';

/** Every shape that outputs are known to have, as public material of the platform shows them. */
export const shapes: Shapes = {
	...streams,
	...texts,
	...choices,
	...lists,
	...media,
	...adaptiveCards,
	...plugins,
	...channels,
	...events,
};
