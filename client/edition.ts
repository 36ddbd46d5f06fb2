/** The edition that is built: the build of another one takes its folder in the place of this (gulpfile.js). */
export { edition } from './editions/full';
