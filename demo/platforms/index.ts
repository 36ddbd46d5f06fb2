import type { Platform } from '../../sandbox';
import type { Stage, StoryEnd } from '../stage';

/** The story of each platform. Loaded when it is asked for: each has a sandbox of its own. */
export const stories: Readonly<Record<Platform, (stage: Stage) => Promise<StoryEnd>>> = {
	v1: async (stage) => await (await import('./v1')).tellV1Story(stage),
	'cognigy-ai': async (stage) => await (await import('./cognigyAi')).tellCognigyAiStory(stage),
};
