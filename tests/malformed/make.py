#!/usr/bin/env python3
"""Writes the files of this folder: python make.py (standard library only). expected.tsv has the message of each."""
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def put(name, data):
    path = os.path.join(HERE, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


# ---- PLY: a square of two triangles, with one fault each ----

VERTICES = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]
XYZ = "property float x\nproperty float y\nproperty float z\n"
RGB = "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar alpha\n"
FACES = "element face 2\nproperty list uchar int vertex_indices\n"
LITTLE = "format binary_little_endian 1.0\n"


def header(count=4, props=XYZ + RGB, faces=FACES, form=LITTLE):
    return f"ply\n{form}element vertex {count}\n{props}{faces}end_header\n".encode()


def body(vertices=VERTICES, faces=((0, 1, 2), (0, 2, 3)), length=3):
    b = b"".join(struct.pack("<3f4B", *v, 10, 20, 30, 255) for v in vertices)
    return b + b"".join(struct.pack("<B3i", length, *f) for f in faces)


GOOD = header() + body()
ASCII = "format ascii 1.0\n"
LINES = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n"


def ascii_ply(text, count=4, props=XYZ, faces=""):
    return header(count, props, faces, ASCII) + text.encode()


nan, inf = float("nan"), float("inf")
ply = {
    "empty": b"",
    "no_magic": b"solid cube\nfacet normal 0 0 1\n",
    "other_magic": b"plyx" + GOOD[3:],
    "header_cut": GOOD[:60],
    "header_alone": b"ply\n",
    "header_without_end": b"ply\n" + LITTLE.encode() + b"element vertex 1\n" + b"comment none\n" * 40,
    "format_unknown": header(form="format binary_middle_endian 1.0\n") + body(),
    "format_missing": header(form="") + body(),
    "count_huge": header(count=4_000_000_000) + body(),
    "count_overflow": header(count=2**63) + body(),
    "count_beyond_u64": header(count=10**30) + body(),
    "count_negative": header(count=-4) + body(),
    "count_word": header(count="four") + body(),
    "faces_huge": header(faces=FACES.replace("2", "4000000000")) + body(),
    "no_properties_huge": b"ply\n" + LITTLE.encode() + b"element vertex 50000000\nend_header\n",
    "no_properties_extra": header(faces="element camera 4000000000\n") + body(faces=()),
    "no_vertices": header(count=0, faces="") + b"",
    "no_vertex_element": b"ply\n" + LITTLE.encode() + FACES.encode() + b"end_header\n" + body(vertices=()),
    "no_x": header(props="property float y\nproperty float z\n", faces="") + struct.pack("<2f", 0, 1) * 4,
    "no_z": header(props="property float x\nproperty float y\n", faces="") + struct.pack("<2f", 0, 1) * 4,
    "property_twice": header(props=XYZ + "property float x\n", faces="") + struct.pack("<4f", 0, 1, 2, 3) * 4,
    "element_twice": header(faces="element vertex 4\n" + XYZ) + body(faces=()) + struct.pack("<3f", 0, 1, 2) * 4,
    "property_type": header(props=XYZ.replace("float z", "quad z")) + body(),
    "property_first": b"ply\n" + LITTLE.encode() + XYZ.encode() + b"element vertex 4\nend_header\n",
    "keyword": header(props=XYZ + RGB + "propertyfloat w\n") + body(),
    "body_cut": GOOD[:-5],
    "body_cut_in_vertices": GOOD[:280],
    "body_missing": header(),
    "body_trailing": GOOD + b"\0\0\0",
    "face_index_beyond": header() + body(faces=((0, 1, 2), (0, 2, 4))),
    "face_index_negative": header() + body(faces=((0, 1, -1), (0, 2, 3))),
    "face_list_too_long": header() + body(length=200),
    "face_list_negative": header(faces=FACES.replace("uchar", "char")) + body(length=255),
    "face_list_giant": header(faces=FACES.replace("uchar", "uint")) + body(faces=()) + struct.pack("<2I", 4_000_000_000, 0) * 2,
    "face_list_of_reals": header(faces=FACES.replace("int v", "float v")) + body(),
    "coord_huge": header() + body(VERTICES[:2] + [(1, 1, 1e30), (0, 1, 0)]),
    "coord_far": header() + body([(691234.1, 5334567.1, 519.0)] * 4),
    "color_nan": header(props=XYZ + RGB.replace("uchar", "float"), faces="") + struct.pack("<7f", *VERTICES[0], nan, 0, 0, 1) * 4,
    "color_range": header(props=XYZ + RGB.replace("uchar", "float"), faces="") + struct.pack("<7f", *VERTICES[0], -1, 0, 1, 1) * 4,
    "label_reals": header(1, XYZ + "property float label\n", "") + struct.pack("<4f", 0, 0, 0, 2.5),
    "lfs_pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n",
    "page": b"<!DOCTYPE html>\n<html>Sign in</html>\n",
    "zeros": bytes(64),
    "obj": b"# made by hand\nv 0 0 0\nv 1 0 0\n",
    "numbers": b"0 0 0\n1 0 0\n",
    "coord_nan": header() + body(VERTICES[:3] + [(0, nan, 0)]),
    "coord_infinite": header() + body([(inf, 0, 0)] + VERTICES[1:]),
    "coord_double_beyond_float": header(1, XYZ.replace("float", "double"), "") + struct.pack("<3d", 0, 1e300, 0),
    "list_in_vertex": header(props=XYZ.replace("float z", "list uchar float z"), faces="") + struct.pack("<2fBf", 0, 1, 1, 2) * 4,
    "ascii_words": ascii_ply("0 0 0\none two three\n1 1 0\n0 1 0\n"),
    "ascii_short_line": ascii_ply("0 0 0\n1 0\n1 1 0\n0 1 0\n"),
    "ascii_long_line": ascii_ply("0 0 0\n1 0 0 7\n1 1 0\n0 1 0\n"),
    "ascii_cut": ascii_ply(LINES[:12]),
    "ascii_trailing": ascii_ply(LINES + "0 0 1\n"),
    "ascii_nan": ascii_ply("0 0 0\n1 nan 0\n1 1 0\n0 1 0\n"),
    "ascii_infinite": ascii_ply("0 0 0\n1 0 -inf\n1 1 0\n0 1 0\n"),
    "ascii_overflow": ascii_ply("0 0 0\n1 0 1e60\n1 1 0\n0 1 0\n"),
    "ascii_bytes": ascii_ply("") + b"\xff\xfe\xfd 1 2\n" * 4,
    "ascii_face_index": ascii_ply(LINES + "3 0 1 9\n", faces=FACES.replace("2", "1")),
    "ascii_face_count_negative": ascii_ply(LINES + "-3 0 1 2\n", faces=FACES.replace("2", "1").replace("uchar", "char")),
    "ascii_face_count_giant": ascii_ply(LINES + "4000000000 0 1 2\n", faces=FACES.replace("2", "1").replace("uchar", "uint")),
    "ascii_color_beyond": ascii_ply("0 0 0 300\n" * 4, props=XYZ + "property uchar red\n"),
}
for name, data in ply.items():
    put(f"ply/{name}.ply", data)
# The last face has two corners, so that the file is shorter than one that has only triangles.
put("ply/accepted_short_last_face.ply", header() + body()[:-13] + struct.pack("<B2i", 2, 0, 3))
put("ply/accepted_format_version.ply", header(form="format binary_little_endian 2.0\n") + body())
put("ply/accepted_crlf_header.ply", header().replace(b"\n", b"\r\n") + body())
put("ply/accepted_ascii_c_numbers.ply", ascii_ply("0. .5 0\n\n1 0 1e-3\n  1 1 0  \n+0 1 -.0"))
put("ply/accepted_extra_elements.ply", header(faces="element camera 1\nproperty float focal\n") + body(faces=()) + b"\0\0\0\0")

# ---- JSON ----

segs = {
    "empty": "",
    "not_json": "segIndices = [1, 2, 3]",
    "html": "<!DOCTYPE html>\n<html><body>404</body></html>\n",
    "cut": '{"params":{},"sceneId":"scene0000_00","segIndices":[1,2,3',
    "cut_in_name": '{"params":{},"sceneId":"scene00',
    "trailing": '{"segIndices":[1,2,3]}{"segIndices":[1]}',
    "null": "null",
    "array": "[1,2,3]",
    "missing": '{"params":{},"sceneId":"scene0000_00"}',
    "twice": '{"segIndices":[1,2],"segIndices":[3,4]}',
    "text_for_numbers": '{"segIndices":["1","2"]}',
    "object_for_numbers": '{"segIndices":{"0":1}}',
    "negative": '{"segIndices":[1,-2,3]}',
    "reals": '{"segIndices":[1,2.5,3]}',
    "huge": '{"segIndices":[1,4294967296,3]}',
    "astronomic": '{"segIndices":[1,1e400]}',
    "null_inside": '{"segIndices":[1,null,3]}',
    "deep": '{"params":' + '{"a":' * 200 + "1" + "}" * 200 + ',"segIndices":[1]}',
    "not_utf8": b'{"sceneId":"\xff\xfe","segIndices":[1]}',
    "nul_bytes": b"\0" * 64,
    "bom": b'\xef\xbb\xbf{"segIndices":[1]}',
}
for name, data in segs.items():
    put(f"segs_json/{name}.json", data)
put("segs_json/too_few.json", '{"segIndices":[0,0,1]}')
put("segs_json/too_many.json", '{"segIndices":[0,0,1,1,1]}')
put("segs_json/accepted_more_keys.json", '{"new":[{}],"segIndices":[0,0,7,4294967295]}')

GROUP = '{"id":0,"objectId":0,"segments":[0],"label":"wall"}'
aggregation = {
    "empty": "",
    "not_json": "wall: 0, 1, 2\n",
    "cut": '{"segGroups":[' + GROUP[:30],
    "trailing": '{"segGroups":[]} ]',
    "array": f"[{GROUP}]",
    "missing": '{"sceneId":"scannet.scene0000_00"}',
    "groups_null": '{"segGroups":null}',
    "group_without_label": '{"segGroups":[{"id":0,"objectId":0,"segments":[0]}]}',
    "group_without_segments": '{"segGroups":[{"id":0,"objectId":0,"label":"wall"}]}',
    "label_number": '{"segGroups":[{"id":0,"objectId":0,"segments":[0],"label":7}]}',
    "id_negative": '{"segGroups":[{"id":-1,"objectId":0,"segments":[0],"label":"wall"}]}',
    "id_huge": '{"segGroups":[{"id":99999999999,"objectId":0,"segments":[0],"label":"wall"}]}',
    "segments_reals": '{"segGroups":[{"id":0,"objectId":0,"segments":[0.5],"label":"wall"}]}',
    "segments_text": '{"segGroups":[{"id":0,"objectId":0,"segments":"0","label":"wall"}]}',
    "segments_negative": '{"segGroups":[{"id":0,"objectId":0,"segments":[-7],"label":"wall"}]}',
    "escape": '{"segGroups":[{"id":0,"objectId":0,"segments":[0],"label":"\\ud800"}]}',
    "other_mesh": '{"segGroups":[{"id":0,"objectId":0,"segments":[0,100,200,300],"label":"wall"}]}',
}
for name, data in aggregation.items():
    put(f"aggregation_json/{name}.json", data)
put("aggregation_json/accepted_empty_groups.json", '{"segGroups":[]}')
put("aggregation_json/accepted_shared_segment.json", '{"segGroups":[%s,{"id":1,"objectId":1,"segments":[0,1],"label":"chair"}]}' % GROUP)

# ---- label tables ----

V2 = "id\traw_category\tcategory\tcount\tnyu40id\n"
table = {
    "empty": "",
    "bom_alone": b"\xef\xbb\xbf",
    "html": "<!DOCTYPE html>\n<html><body>404</body></html>\n",
    "no_nyu40id": "id\traw_category\tcategory\n1\twall\twall\n",
    "no_raw_category": "id\tcount\tnyu40id\n1\t3\t1\n",
    "header_alone": V2,
    "commas": V2.replace("\t", ",") + "1,wall,wall,3,1\n",
    "spaces": V2.replace("\t", "    ") + "1    wall    wall    3    1\n",
    "no_header": "1\twall\twall\t3\t1\n",
    "ids_all_bad": V2 + "1\twall\twall\t3\tone\n2\tfloor\tfloor\t3\t\n",
    "id_beyond_i32": V2 + "1\twall\twall\t3\t4294967296\n",
    "rows_cut": V2 + "1\twall\n2\tfl",
    "utf16": b"\xff\xfe" + V2.encode("utf-16-le"),
    "nul_bytes": b"\0" * 64,
    "old_mac_line_ends_without_rows": V2.replace("\n", "\r"),
}
for name, data in table.items():
    put(f"label_table/{name}.tsv", data)
ROWS = "1\twall\twall\t3\t1\n2\tfloor\tfloor\t3\t2\n"
put("label_table/accepted_bom.tsv", b"\xef\xbb\xbf" + (V2 + ROWS).encode())
put("label_table/accepted_crlf.tsv", (V2 + ROWS).replace("\n", "\r\n"))
put("label_table/accepted_no_last_line_end.tsv", (V2 + ROWS)[:-1])
put("label_table/accepted_twice.tsv", V2 + ROWS + "1\twall\twall\t3\t1\n")
put("label_table/accepted_twice_other_id.tsv", V2 + ROWS + "9\twall\twall\t3\t40\n")
put("label_table/accepted_bad_row.tsv", V2 + ROWS + "3\tcrate\tcrate\t3\tx\n")
put("label_table/accepted_short_row.tsv", V2.replace("\n", "\tlast\n") + ROWS)
put("label_table/accepted_quotes.tsv", V2 + ROWS + '4\t"quoted\tq\t1\t3\n')
put("label_table/accepted_latin1.tsv", (V2 + ROWS).encode() + b"5\tcaf\xe9\tcafe\t1\t40\n")

# ---- npy: the array of a prepared scene ----


def npy(text, data=b"", version=1, length=None):
    text = text.encode() if isinstance(text, str) else text
    size = len(text) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", size) + text + data


def head(descr="'<f4'", order="False", shape="(2, 3)"):
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n" % (descr, order, shape)


POINTS = struct.pack("<6f", 0, 1, 2, 3, 4, 5)
points = {
    "empty": b"",
    "magic": b"NUMPY\x01\x00" + POINTS,
    "zip": b"PK\x03\x04" + b"\0" * 60,
    "magic_alone": b"\x93NUMPY",
    "version": npy(head(), POINTS, version=9),
    "header_length": npy(head(), POINTS, length=60000),
    "header_length_giant": npy(head(), POINTS, version=2, length=4_000_000_000),
    "header_not_a_dict": npy("['<f4', False, (2, 3)]\n", POINTS),
    "header_empty": npy("", POINTS),
    "header_not_text": npy(b"{'descr': '\xff\xfe', }\n", POINTS),
    "no_descr": npy("{'fortran_order': False, 'shape': (2, 3), }\n", POINTS),
    "no_shape": npy("{'descr': '<f4', 'fortran_order': False, }\n", POINTS),
    "order": npy(head(order="Maybe"), POINTS),
    "objects": npy(head("'|O'"), b"\x80\x04\x95" + b"\0" * 21),
    "record": npy(head("[('x', '<f4'), ('y', '<f4')]"), POINTS),
    "text": npy(head("'<U3'"), b"\0" * 72),
    "complex": npy(head("'<c8'"), b"\0" * 48),
    "half": npy(head("'<f2'"), b"\0" * 12),
    "cut": npy(head(), POINTS[:-3]),
    "trailing": npy(head(), POINTS + b"\0"),
    "shape_huge": npy(head(shape="(4000000000000, 3)"), POINTS),
    "shape_overflow": npy(head(shape="(6148914691236517206, 3, 2)"), POINTS),
    "shape_beyond_u64": npy(head(shape="(99999999999999999999999, 3)"), POINTS),
    "shape_negative": npy(head(shape="(-2, 3)"), POINTS),
    "shape_word": npy(head(shape="(two, 3)"), POINTS),
    "shape_list": npy(head(shape="[2, 3]"), POINTS),
    "shape_flat": npy(head(shape="(6,)"), POINTS),
    "shape_columns": npy(head(shape="(3, 2)"), POINTS),
    "shape_scalar": npy(head(shape="()"), POINTS[:4]),
    "nan": npy(head(), struct.pack("<6f", 0, 1, 2, 3, nan, 5)),
    "infinite": npy(head("'<f8'"), struct.pack("<6d", 0, 1e300, 2, 3, 4, 5)),
}
for name, data in points.items():
    put(f"npy_points/{name}.npy", data)
put("npy_points/accepted_fortran.npy", npy(head(order="True"), struct.pack("<6f", 0, 3, 1, 4, 2, 5)))
put("npy_points/accepted_big_endian.npy", npy(head("'>f4'"), struct.pack(">6f", 0, 1, 2, 3, 4, 5)))
put("npy_points/accepted_no_rows.npy", npy(head(shape="(0, 3)")))
put("npy_points/accepted_version_2.npy", npy(head(), POINTS, version=2))

labels = {
    "reals": npy(head("'<f8'", shape="(2,)"), struct.pack("<2d", 0, 1.5)),
    "nan": npy(head("'<f4'", shape="(2,)"), struct.pack("<2f", 0, nan)),
    "reals_beyond_i32": npy(head("'<f8'", shape="(2,)"), struct.pack("<2d", 0, 2.0**31)),
    "beyond_i32": npy(head("'<i8'", shape="(2,)"), struct.pack("<2q", 0, 2**40)),
    "unsigned_beyond_i32": npy(head("'<u4'", shape="(2,)"), struct.pack("<2I", 0, 2**32 - 1)),
    "two_columns": npy(head("'<i8'"), struct.pack("<6q", *range(6))),
    "cut": npy(head("'<i8'", shape="(2,)"), struct.pack("<q", 0)),
}
for name, data in labels.items():
    put(f"npy_labels/{name}.npy", data)
put("npy_labels/accepted_reals.npy", npy(head("'>f8'", shape="(2,)"), struct.pack(">2d", 7, -1)))
put("npy_labels/accepted_column.npy", npy(head("'<i4'", shape="(2, 1)"), struct.pack("<2i", 0, 1)))
