/** Styles that the build collects into a file of their own. */
declare module '*.css' {}
