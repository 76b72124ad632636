// Proves a folder of tiles with Go's own transparency log packages: prove FOLDER VERIFIER-KEY [OLD-SIZE...]
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folder reads tiles as C2SP tlog-tiles names them: Go's paths, without the height.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), path(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func path(tile tlog.Tile) string {
	text := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return strings.Replace(text, "tile/data/", "tile/entries/", 1)
}

func main() {
	place := folder(os.Args[1])
	tree := open(place, os.Args[2])
	reader := tlog.TileHashReader(tree, place)

	root, err := tlog.TreeHash(tree.N, reader)
	check(err)
	if root != tree.Hash {
		check(fmt.Errorf("the tiles lead to %v, the checkpoint says %v", root, tree.Hash))
	}

	leaves := readLeaves(tree, reader)
	entries := hashEntries(place, tree)
	for n, leaf := range leaves {
		if entries[n] != leaf {
			check(fmt.Errorf("entry %d does not have the hash of its tile", n))
		}
	}

	step := tree.N/1500 + 1 // every record of a small log, a spread of a large one, and the last
	proofs := 0
	for n := int64(0); n < tree.N; n++ {
		if n%step == 0 || n == tree.N-1 {
			proof, err := tlog.ProveRecord(tree.N, n, reader)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, n, leaves[n]))
			proofs++
		}
	}

	for _, text := range os.Args[3:] {
		old, err := strconv.ParseInt(text, 10, 64)
		check(err)
		before, err := tlog.TreeHash(old, reader)
		check(err)
		proof, err := tlog.ProveTree(tree.N, old, reader)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old, before))
		fmt.Printf("tree %d %x\n", old, before[:])
	}
	fmt.Printf("proved %d records and %d proofs under %x\n", len(leaves), proofs, tree.Hash[:])
}

// open opens the checkpoint under the log's key.
func open(place folder, key string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	check(err)
	text, err := os.ReadFile(filepath.Join(string(place), "checkpoint"))
	check(err)
	opened, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		check(fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), opened.Text))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

// readLeaves reads every leaf hash, each led to the root by the reader.
func readLeaves(tree tlog.Tree, reader tlog.HashReader) []tlog.Hash {
	var leaves []tlog.Hash
	for begin := int64(0); begin < tree.N; begin += 4096 {
		var indexes []int64
		for n := begin; n < tree.N && n < begin+4096; n++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
		}
		found, err := reader.ReadHashes(indexes)
		check(err)
		leaves = append(leaves, found...)
	}
	return leaves
}

// hashEntries hashes every entry of the bundles.
func hashEntries(place folder, tree tlog.Tree) []tlog.Hash {
	var hashes []tlog.Hash
	for n := int64(0); n<<8 < tree.N; n++ {
		tile := tlog.Tile{H: 8, L: -1, N: n, W: 256}
		if left := tree.N - n<<8; left < 256 {
			tile.W = int(left)
		}
		data, err := place.ReadTiles([]tlog.Tile{tile})
		check(err)
		bundle := bytes.NewReader(data[0])
		for bundle.Len() > 0 {
			var length uint16
			check(binary.Read(bundle, binary.BigEndian, &length))
			entry := make([]byte, length)
			_, err := bundle.Read(entry)
			if length > 0 {
				check(err)
			}
			hashes = append(hashes, tlog.RecordHash(entry))
		}
	}
	if int64(len(hashes)) != tree.N {
		check(fmt.Errorf("%d entries in the bundles, %d in the tree", len(hashes), tree.N))
	}
	return hashes
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
