import type { Offers } from '../offers';

export const offers: Offers = { sharedState: false, lastingSessions: false };
