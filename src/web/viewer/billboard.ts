import { type Camera, Matrix4, type Object3D } from 'three';

/** From the axes of a viewpoint, which looks along x with z above, to those of a camera of three.js. */
const AXES = new Matrix4().set(0, -1, 0, 0, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0, 1);

/** Puts what stands in a Billboard where the camera is, turned as it is: its children are placed as seen from there. */
export function faceCamera(billboard: Object3D, camera: Camera): void {
  camera.updateMatrixWorld();
  billboard.parent?.updateWorldMatrix(true, false);
  const above = billboard.parent?.matrixWorld.clone().invert() ?? new Matrix4();
  above.multiply(camera.matrixWorld).multiply(AXES);
  above.decompose(billboard.position, billboard.quaternion, billboard.scale);
}
