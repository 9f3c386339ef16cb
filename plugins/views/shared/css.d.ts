// Style sheets are taken out of the module by esbuild.
declare module '*.css' {}
